"""The commands that keep hosts in order beside deploys."""

from invoke import Context, task

from deployer.api.request import MaintenanceRequest, Request, RunRequest
from deployer.cli.leave import leave
from deployer.cli.options import CHANGING, WAIT, YES


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
        Request(
            command="setup",
            env=env,
            limit=limit,
            output=output,
            yes=yes,
            verbose=verbose,
            dry_run=context.config.run.dry,
        ),
    )


@task(auto_shortflags=False, help={**CHANGING, "wait": WAIT})
def prune(
    context: Context,
    env: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
    wait: str = "",
) -> None:
    """Remove old releases and backups, never one that may be needed."""
    from deployer.api import main

    leave(
        main.prune,
        Request(
            command="prune",
            env=env,
            limit=limit,
            output=output,
            yes=yes,
            verbose=verbose,
            wait=wait,
            dry_run=context.config.run.dry,
        ),
    )


@task(
    auto_shortflags=False,
    help={
        **CHANGING,
        "on": "keep users out: 503 with a page and Retry-After; default off",
        "off": "let them in again; default off",
        "message": "what the page says; default: to try again in a few minutes",
        "wait": WAIT,
    },
)
def maintenance(
    context: Context,
    env: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
    on: bool = False,
    off: bool = False,
    message: str = "",
    wait: str = "",
) -> None:
    """Keep users out with a page (--on), or let them in again (--off); deploys go on as usual."""
    from deployer.api import main

    leave(
        main.maintenance,
        MaintenanceRequest(
            command="maintenance",
            env=env,
            limit=limit,
            output=output,
            yes=yes,
            verbose=verbose,
            on=on,
            off=off,
            message=message,
            wait=wait,
            dry_run=context.config.run.dry,
        ),
    )


@task(
    auto_shortflags=False,
    help={
        "command": "the program and its words, such as `python manage.py check`; no default",
        "env": CHANGING["env"],
        "limit": "on this one host; default the one that runs migrations",
        "output": "auto, console or plain (its lines), or json (one object a line); default auto",
        "yes": YES,
    },
)
def run(
    context: Context,
    command: str = "",
    env: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
) -> None:
    """Run a program in the live release, as the app's user with its environment."""
    from deployer.api import program

    leave(
        program.run,
        RunRequest(
            command="run",
            env=env,
            limit=limit,
            output=output,
            yes=yes,
            program=command,
            dry_run=context.config.run.dry,
        ),
    )


TASKS = (setup, prune, maintenance, run)
