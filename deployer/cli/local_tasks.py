"""The commands that work on this machine: files, keys, schema, a new project."""

from invoke import Context, task

from deployer.api.request import InitRequest, RenderRequest, SchemaRequest, TrustRequest
from deployer.cli.leave import leave
from deployer.cli.options import ENV, READING, TABLE, YES


@task(
    auto_shortflags=False,
    help={
        "env": ENV,
        "out": "a folder that is new or empty; no default",
        "secrets": "write the values of secrets too, else `***`; default off",
        "output": TABLE,
    },
)
def render(
    context: Context, env: str = "", out: str = "", secrets: bool = False, output: str = "auto"
) -> None:
    """Write the files that a deploy would bring into a folder, to look at them."""
    from deployer.api import render as api

    request = RenderRequest("render", env=env, output=output, out=out, secrets=secrets)
    leave(api.render, request)


@task(
    auto_shortflags=False,
    help={
        **READING,
        "write": "pin new keys in the inventory, after asking; default off",
        "replace": "with --write, also replace a pin that differs; default off",
        "yes": YES,
    },
)
def trust(
    context: Context,
    env: str = "",
    limit: str = "",
    output: str = "auto",
    write: bool = False,
    replace: bool = False,
    yes: bool = False,
) -> None:
    """Show the keys that hosts offer, compare them with the pins, and pin them."""
    from deployer.api import trust as api

    leave(
        api.trust,
        TrustRequest(
            "trust",
            env=env,
            limit=limit,
            output=output,
            write=write,
            replace=replace,
            yes=yes,
        ),
    )


@task(auto_shortflags=False, help={"out": "a file to write instead of stdout; default none"})
def schema(context: Context, out: str = "") -> None:
    """Print the JSON schema of inventories, for editors and CI."""
    from deployer.api import schema as api

    leave(api.schema, SchemaRequest("schema", out=out), anywhere=True)


@task(
    auto_shortflags=False,
    help={
        "env": "the first environment; default prod",
        "name": "the app's name; default the name of this folder",
        "host": "the address of the first host; default a placeholder to change",
        "repository": "where hosts fetch the code; default this folder, sent over SSH",
        "framework": "django, flask or custom; default what is found in this folder",
    },
)
def init(
    context: Context,
    env: str = "",
    name: str = "",
    host: str = "",
    repository: str = "",
    framework: str = "",
) -> None:
    """Write inventories and tasks.py for a new project; overwrites nothing."""
    from deployer.api import init as api

    leave(
        api.init,
        InitRequest(
            "init", env=env, name=name, host=host, repository=repository, framework=framework
        ),
        anywhere=True,
    )


TASKS = (render, trust, schema, init)
