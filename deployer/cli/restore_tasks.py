"""The command that takes a backup back."""

from invoke import Context, task

from deployer.api.request import RestoreRequest
from deployer.cli.leave import leave
from deployer.cli.options import CHANGING


@task(
    auto_shortflags=False,
    help={
        "env": CHANGING["env"],
        "backup": "its name, as `inv backups` lists it; no default",
        "host": "the host whose backup it is; default the one that runs migrations",
        "database": "restore the database; default off",
        "shared": "restore the shared files; default off",
        "yes_i_lose_writes_since": "the time at which the backup was begun (UTC); default: ask",
        "output": CHANGING["output"],
        "verbose": CHANGING["verbose"],
    },
)
def restore(
    context: Context,
    env: str = "",
    backup: str = "",
    host: str = "",
    database: bool = False,
    shared: bool = False,
    yes_i_lose_writes_since: str = "",
    output: str = "auto",
    verbose: bool = False,
) -> None:
    """Take a backup back: saves the present state first, keeps the old one, asks what is lost."""
    from deployer.api import main

    leave(
        main.restore,
        RestoreRequest(
            command="restore",
            env=env,
            backup=backup,
            host=host,
            database=database,
            shared=shared,
            lost_since=yes_i_lose_writes_since,
            output=output,
            verbose=verbose,
            dry_run=context.config.run.dry,
        ),
    )


TASKS = (restore,)
