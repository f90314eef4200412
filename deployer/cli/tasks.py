"""The commands, as Invoke tasks: each takes words, calls the api and leaves with a code."""

from invoke import Collection, Context, task

from deployer.api.request import Request
from deployer.cli import (
    backup_tasks,
    balancer_tasks,
    hold_tasks,
    lab_tasks,
    local_tasks,
    reading_tasks,
    recovery_tasks,
    restore_tasks,
    upkeep_tasks,
)
from deployer.cli.leave import leave
from deployer.cli.options import CHANGING, COMMON, WAIT

_REVISION = {"revision": "branch, tag or commit; default the inventory's"}
_DESTRUCTIVE = {
    "allow_destructive": "also if the old code cannot live with the new schema; default off"
}
_CONFIRM = {
    "no_confirm": "commit after the host's own checks, without a look from outside; default off"
}
_TIMES = {
    "timings": "at the end, where the time went: by phase, step and host; default off",
    "report": "write the run to this file as an HTML page with a timeline; default none",
}
_SKIP = {
    "skip_unreachable": "go on without hosts that nobody can connect to, and exit 8; default off"
}
_EXECUTOR = {
    "executor": "who talks with the hosts: local, or dask for fleets too large for one machine; "
    "default local",
    "scheduler": "with dask, the address of its scheduler, as tls://10.0.0.5:8786; default none",
}
_FORCE = {"force": "a new release even if it is already live; default off"}


@task(
    auto_shortflags=False,
    help={
        **CHANGING,
        **_REVISION,
        **_FORCE,
        **_DESTRUCTIVE,
        **_CONFIRM,
        **_TIMES,
        **_SKIP,
        **_EXECUTOR,
        "unfreeze": "also a revision that was rolled back before; default off",
        "wait": WAIT,
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
    no_confirm: bool = False,
    unfreeze: bool = False,
    wait: str = "",
    dry_run: bool = False,
    timings: bool = False,
    report: str = "",
    skip_unreachable: bool = False,
    executor: str = "local",
    scheduler: str = "",
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
            no_confirm=no_confirm,
            unfreeze=unfreeze,
            wait=wait,
            dry_run=dry_run or context.config.run.dry,
            timings=timings,
            report=report,
            skip_unreachable=skip_unreachable,
            executor=executor,
            scheduler=scheduler,
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
        **_CONFIRM,
        **_TIMES,
        **_SKIP,
        **_EXECUTOR,
        "to": "a release id or number; default the last good one",
        "wait": WAIT,
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
    no_confirm: bool = False,
    wait: str = "",
    timings: bool = False,
    report: str = "",
    skip_unreachable: bool = False,
    executor: str = "local",
    scheduler: str = "",
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
            no_confirm=no_confirm,
            wait=wait,
            dry_run=context.config.run.dry,
            timings=timings,
            report=report,
            skip_unreachable=skip_unreachable,
            executor=executor,
            scheduler=scheduler,
        ),
    )


namespace = Collection(
    deploy,
    plan,
    rollback,
    *recovery_tasks.TASKS,
    *upkeep_tasks.TASKS,
    *balancer_tasks.TASKS,
    *hold_tasks.TASKS,
    *backup_tasks.TASKS,
    *restore_tasks.TASKS,
    *reading_tasks.TASKS,
    *local_tasks.TASKS,
    lab=Collection.from_module(lab_tasks),
)
