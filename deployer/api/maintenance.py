"""`inv maintenance`: keep users out with a page of our own, or let them in again."""

from collections.abc import Mapping

from deployer.api.environment import Environment
from deployer.api.request import MaintenanceRequest
from deployer.api.running import Ending, run_plan
from deployer.api.upkeep import plan_for
from deployer.core.plan import Plan
from deployer.engine.session import Session
from deployer.errors import UsageError
from deployer.recipes import upkeep
from deployer.rendering.files import render_page
from deployer.rendering.values import PageValues

MESSAGE = "We are working on this site. Please try again in a few minutes."
_LONGEST = 1000


def check(request: MaintenanceRequest) -> None:
    """Refuse what makes no sense before any host is asked; raises UsageError."""
    if request.on == request.off:
        raise UsageError(
            "`maintenance` needs either `--on` or `--off`.",
            hint='`inv maintenance --on --message "Back at 9"`, and later `inv maintenance --off`',
        )
    if request.message and request.off:
        raise UsageError("`--message` is for `--on`.", hint="leave one of the two out")
    if len(request.message) > _LONGEST or not all(map(_is_shown, request.message)):
        raise UsageError(
            "`--message` cannot be shown.",
            hint=f"write one line of at most {_LONGEST} signs; a page of your own can say more: "
            "`templates/pages/maintenance.html.j2`",
        )


def maintenance(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Do it on every host, or on none."""
    return run_plan(at, sessions, plan_maintenance(at, sessions))


def plan_maintenance(at: Environment, sessions: Mapping[str, Session]) -> Plan:
    """Put the plan together; raises UsageError without a web server of ours."""
    request = at.request
    if not isinstance(request, MaintenanceRequest):
        raise TypeError(request)
    if not at.inventory.app.web_server.front:
        raise UsageError(
            "The inventory has no web server that could show a page.",
            hint="maintenance needs `web_server: {kind: nginx, …}`",
        )
    values = PageValues(at.inventory.app.name, request.message or MESSAGE)
    folder = at.place.folder / "templates"
    page = render_page(values, (folder,) if folder.is_dir() else ()) if request.on else b""
    return plan_for(at, sessions, "maintenance", upkeep.maintenance(page))


def _is_shown(sign: str) -> bool:
    return sign.isprintable()
