"""The commands that keep others from changing an app, and let them again."""

from invoke import Context, task

from deployer.api.request import HoldRequest
from deployer.cli.leave import leave
from deployer.cli.options import ENV, TABLE


@task(
    auto_shortflags=False,
    help={
        "env": ENV,
        "reason": "why nobody may deploy; everybody who tries is told; no default",
        "until": "when it ends by itself: 2h, or 2026-12-01T08:00 in this machine's time zone; "
        "default never",
        "output": TABLE,
    },
)
def hold(
    context: Context, env: str = "", reason: str = "", until: str = "", output: str = "auto"
) -> None:
    """Let nobody deploy to an environment; going back, backups and reading stay allowed."""
    from deployer.api import holds

    leave(holds.hold, HoldRequest("hold", env=env, reason=reason, until=until, output=output))


@task(
    auto_shortflags=False,
    help={
        "env": ENV,
        "id": "which hold, as `inv hold` and `inv status` show it; no default",
        "output": TABLE,
    },
)
def unhold(context: Context, env: str = "", id: str = "", output: str = "auto") -> None:  # noqa: A002  the flag is called so
    """Take a hold away; only with its id."""
    from deployer.api import holds

    leave(holds.unhold, HoldRequest("unhold", env=env, id=id, output=output))


TASKS = (hold, unhold)
