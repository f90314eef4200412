"""The command that puts hosts right after what a run could not end."""

from invoke import Context, task

from deployer.api.request import RecoverRequest
from deployer.cli.leave import leave
from deployer.cli.options import CHANGING


@task(
    auto_shortflags=False,
    help={
        **CHANGING,
        "finish": "if a fleet is split, bring the rest to the decided release; this is the default",
        "undo": "if a fleet is split, take those that have the release back; default off",
    },
)
def recover(
    context: Context,
    env: str = "",
    limit: str = "",
    output: str = "auto",
    yes: bool = False,
    verbose: bool = False,
    finish: bool = False,
    undo: bool = False,
) -> None:
    """Put right what a run left open or could not put back, and end a split of the fleet."""
    from deployer.api import recover as api

    leave(
        api.recover,
        RecoverRequest(
            command="recover",
            env=env,
            limit=limit,
            output=output,
            yes=yes,
            verbose=verbose,
            finish=finish,
            undo=undo,
            dry_run=context.config.run.dry,
        ),
    )


TASKS = (recover,)
