"""The commands, as Invoke tasks: each takes words, calls the api and leaves with a code."""

from invoke import Collection, Context, task

from deployer.api.request import Request
from deployer.cli.leave import leave
from deployer.cli.options import CHANGING

_REVISION = {"revision": "branch, tag or commit; without it the inventory's"}


@task(
    auto_shortflags=False,
    help={
        **CHANGING,
        **_REVISION,
        "force": "a new release even if it is already live",
        "dry_run": "show what would be done, change nothing; the same as plan",
    },
)
def deploy(
    context: Context,
    env: str = "",
    revision: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> None:
    """Deploy a revision; go back by itself if it proves unhealthy."""
    from deployer.api import main

    leave(
        main.deploy,
        Request(
            command="deploy",
            env=env,
            revision=revision,
            limit=limit,
            output=output,
            yes=yes,
            verbose=verbose,
            force=force,
            dry_run=dry_run or context.config.run.dry,
        ),
    )


@task(
    auto_shortflags=False,
    help={**CHANGING, "to": "a release id or number; without it the last good one"},
)
def rollback(
    context: Context,
    env: str = "",
    to: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
) -> None:
    """Go back to the last good release; the database is not touched."""
    from deployer.api import main

    leave(
        main.rollback,
        Request(
            command="rollback", env=env, to=to, limit=limit, output=output, yes=yes, verbose=verbose
        ),
    )


@task(auto_shortflags=False, help=CHANGING)
def setup(
    context: Context,
    env: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
) -> None:
    """Prepare hosts: packages, users, folders, rights, nginx; safe to repeat."""
    from deployer.api import main

    leave(
        main.setup,
        Request(command="setup", env=env, limit=limit, output=output, yes=yes, verbose=verbose),
    )


namespace = Collection(deploy, rollback, setup)
