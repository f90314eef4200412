"""The commands that leave a web host out of the balancer by hand."""

from invoke import Context, task

from deployer.api.request import DrainRequest
from deployer.cli.leave import leave
from deployer.cli.options import CHANGING, WAIT

_ALL = {name: text for name, text in CHANGING.items() if name != "limit"}


@task(
    auto_shortflags=False,
    help={**_ALL, "host": "the web host to leave out; no default", "wait": WAIT},
)
def drain(
    context: Context,
    host: str = "",
    env: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
    wait: str = "",
) -> None:
    """Leave a web host out of the balancer until `undrain`; requests in flight are finished."""
    from deployer.api import main

    leave(
        main.drain,
        DrainRequest(
            command="drain",
            env=env,
            host=host,
            output=output,
            yes=yes,
            verbose=verbose,
            wait=wait,
            dry_run=context.config.run.dry,
        ),
    )


@task(
    auto_shortflags=False,
    help={**_ALL, "host": "the web host to take in again; no default", "wait": WAIT},
)
def undrain(
    context: Context,
    host: str = "",
    env: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
    wait: str = "",
) -> None:
    """Have the balancer send requests to a web host again."""
    from deployer.api import main

    leave(
        main.undrain,
        DrainRequest(
            command="undrain",
            env=env,
            host=host,
            output=output,
            yes=yes,
            verbose=verbose,
            wait=wait,
            dry_run=context.config.run.dry,
        ),
    )


TASKS = (drain, undrain)
