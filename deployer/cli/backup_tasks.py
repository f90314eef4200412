"""The commands for backups: make one, list and prove them."""

from invoke import Context, task

from deployer.api.request import BackupRequest, BackupsRequest
from deployer.cli.leave import leave
from deployer.cli.options import CHANGING, READING, WAIT


@task(
    auto_shortflags=False,
    help={
        **CHANGING,
        "verify": "read it again from the disk when it is written; default off",
        "restore_test": "restore it into a scratch place, compare, remove that; default off",
        "backup": "with --restore-test: test this one (or `newest`), make none; default a new one",
        "wait": WAIT,
    },
)
def backup(
    context: Context,
    env: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
    verify: bool = False,
    restore_test: bool = False,
    backup: str = "",
    wait: str = "",
) -> None:
    """Back up what is live now, the database included, and verify it."""
    from deployer.api import main

    leave(
        main.backup,
        BackupRequest(
            command="backup",
            env=env,
            limit=limit,
            output=output,
            yes=yes,
            verbose=verbose,
            verify=verify,
            restore_test=restore_test,
            backup=backup,
            wait=wait,
            dry_run=context.config.run.dry,
        ),
    )


@task(
    auto_shortflags=False,
    help={
        **READING,
        "verify": "read every part of them again, on the host; default off",
        "backup": "only this one, by its name; default all",
        "max_age": "3 if no verified one is younger, such as `26h` or `2d`; default any age",
    },
)
def backups(
    context: Context,
    env: str = "",
    limit: str = "",
    output: str = "auto",
    verify: bool = False,
    backup: str = "",
    max_age: str = "",
) -> None:
    """List the backups on each host; 3 if one is damaged or all are too old."""
    from deployer.api import reading

    leave(
        reading.backups,
        BackupsRequest(
            "backups",
            env=env,
            limit=limit,
            output=output,
            verify=verify,
            backup=backup,
            max_age=max_age,
        ),
    )


TASKS = (backup, backups)
