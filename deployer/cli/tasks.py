"""The commands, as Invoke tasks: each takes words, calls the api and leaves with a code."""

from invoke import Collection, Context, task

from deployer.api.request import Request, RunRequest
from deployer.cli import backup_tasks, lab_tasks, local_tasks, reading_tasks
from deployer.cli.leave import leave
from deployer.cli.options import CHANGING, COMMON, YES

_REVISION = {"revision": "branch, tag or commit; default the inventory's"}
_DESTRUCTIVE = {
    "allow_destructive": "also if the old code cannot live with the new schema; default off"
}
_FORCE = {"force": "a new release even if it is already live; default off"}


@task(
    auto_shortflags=False,
    help={
        **CHANGING,
        **_REVISION,
        **_FORCE,
        **_DESTRUCTIVE,
        "dry_run": "show what would be done, change nothing; the same as plan; default off",
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
    allow_destructive: bool = False,
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
            allow_destructive=allow_destructive,
            dry_run=dry_run or context.config.run.dry,
        ),
    )


@task(auto_shortflags=False, help={**COMMON, **_REVISION, **_FORCE, **_DESTRUCTIVE})
def plan(
    context: Context,
    env: str = "",
    revision: str = "",
    limit: str = "",
    output: str = "auto",
    verbose: bool = False,
    force: bool = False,
    allow_destructive: bool = False,
) -> None:
    """Show what a deploy would do, and change nothing; 3 if there is something to do."""
    from deployer.api import main

    leave(
        main.plan,
        Request(
            command="plan",
            env=env,
            revision=revision,
            limit=limit,
            output=output,
            verbose=verbose,
            force=force,
            allow_destructive=allow_destructive,
            dry_run=True,
        ),
    )


@task(
    auto_shortflags=False,
    help={
        **CHANGING,
        **_DESTRUCTIVE,
        "to": "a release id or number; default the last good one",
    },
)
def rollback(
    context: Context,
    env: str = "",
    to: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
    allow_destructive: bool = False,
) -> None:
    """Go back to the last good release; the database is not touched."""
    from deployer.api import main

    leave(
        main.rollback,
        Request(
            command="rollback",
            env=env,
            to=to,
            limit=limit,
            output=output,
            yes=yes,
            verbose=verbose,
            allow_destructive=allow_destructive,
            dry_run=context.config.run.dry,
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


@task(auto_shortflags=False, help=CHANGING)
def prune(
    context: Context,
    env: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
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


namespace = Collection(
    deploy,
    plan,
    rollback,
    setup,
    prune,
    run,
    *backup_tasks.TASKS,
    *reading_tasks.TASKS,
    *local_tasks.TASKS,
    lab=Collection.from_module(lab_tasks),
)
