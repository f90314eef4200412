"""Health checks as data, from the inventory's `health` section."""

import json

from deployer.core.actions.health import CheckHealth, Probe
from deployer.core.inventory import App
from deployer.core.release import Layout
from deployer.core.rendered import RenderedFile

_GOOD_PAGE = tuple(range(200, 400))


def judge(
    app: App, release: str, colour: str, *, settle: float, through_front: bool = False
) -> CheckHealth:
    """Say how a release proves itself: on its own socket, or as users reach it."""
    layout = Layout(app.name)
    socket = "" if through_front else layout.socket(colour)
    front = app.web_server.front if through_front else ""
    host = _host(app)
    health = app.health
    return CheckHealth(
        unit=layout.unit(colour),
        release=release,
        release_folder=layout.release(release),
        probes=tuple(Probe(path, host, status, socket, front) for path, status in _asked(app)),
        interval=health.interval,
        timeout=health.timeout,
        settle=settle,
    )


def probes_file(app: App) -> RenderedFile:
    """Give the file by which a release is asked, for ever, what it was deployed to answer.

    A later inventory may name another health path, host name or certificate. The release from
    before is well without them, and must not be called sick when it has to serve again.
    """
    asked = [{"path": path, "expect_status": status} for path, status in _asked(app)]
    recorded = {"host": _host(app), "front": app.web_server.front, "probes": asked}
    content = f"{json.dumps(recorded, indent=2)}\n".encode()
    return RenderedFile("probes.json", "probes.json", content, mode=0o600, scope="release")


def _host(app: App) -> str:
    return app.web_server.server_names[0] if app.web_server.server_names else "localhost"


def _asked(app: App) -> tuple[tuple[str, tuple[int, ...]], ...]:
    smoke = ((path, _GOOD_PAGE) for path in app.health.smoke)
    return ((app.health.path, app.health.expect_status), *smoke)
