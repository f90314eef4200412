"""Health checks as data, from the inventory's `health` section."""

from deployer.core.action import CheckHealth, Probe
from deployer.core.inventory import App
from deployer.core.release import Layout

_GOOD_PAGE = tuple(range(200, 400))


def judge(
    app: App, release: str, colour: str, *, settle: float, through_front: bool = False
) -> CheckHealth:
    """Say how a release proves itself: on its own socket, or as users reach it."""
    layout = Layout(app.name)
    socket = "" if through_front else layout.socket(colour)
    front = app.web_server.front if through_front else ""
    host = app.web_server.server_names[0] if app.web_server.server_names else "localhost"
    health = app.health
    asked = (
        (health.path, health.expect_status),
        *((path, _GOOD_PAGE) for path in health.smoke),
    )
    return CheckHealth(
        unit=layout.unit(colour),
        release=release,
        release_folder=layout.release(release),
        probes=tuple(Probe(path, host, status, socket, front) for path, status in asked),
        interval=health.interval,
        timeout=health.timeout,
        settle=settle,
    )
