"""A shop as values for tests: its inventory, a target, and what an agent would answer."""

from collections.abc import Mapping

from deployer.core.fact import Facts
from deployer.core.inventory import Inventory
from deployer.core.release import Release
from deployer.core.rendered import RenderedFile
from deployer.core.step import LiveFile, Target

REVISION = "1a2b3c4" + "0" * 33
RELEASE = Release(42, REVISION)
FOLDER = "/srv/shop/releases/000042-1a2b3c4"
OLD = "000041-0ddba11"
UNIT = LiveFile("/etc/systemd/system/shop@.service", "unit-sha")
SITE = LiveFile("/etc/nginx/sites-available/shop.conf", "site-sha")
NAMES = ("web1", "web2", "web3")
Section = Mapping[str, object]
APP: Section = {
    "name": "shop",
    "source": {"kind": "git", "url": "https://git.example.org/shop.git"},
    "framework": {"kind": "django", "settings": "shop.settings"},
    "app_server": {"kind": "gunicorn", "module": "shop.wsgi:application"},
    "web_server": {"kind": "nginx", "server_names": ["shop.example.org"]},
    "database": {"kind": "postgres", "url": {"secret": "DATABASE_URL"}},
    "health": {"path": "/healthz", "smoke": ["/"]},
}


def inventory(
    app: Section | None = None,
    *,
    hosts: Mapping[str, Section] | None = None,
    rest: Section | None = None,
) -> Inventory:
    """The shop on one host; `app` replaces parts of it, `rest` is beside `app`."""
    named = hosts or {"web1": {"address": "192.0.2.1"}}
    whole = {"environment": "prod", "app": {**APP, **(app or {})}, "hosts": named, **(rest or {})}
    return Inventory.model_validate(tupled(whole))


def tupled(value: object) -> object:
    """Lists as tuples, as the loader hands them to the model."""
    if isinstance(value, Mapping):
        return {key: tupled(one) for key, one in value.items()}
    return tuple(map(tupled, value)) if isinstance(value, list | tuple) else value


def hosts_of(count: int) -> dict[str, Section]:
    """So many hosts: web1, web2, …"""
    return {f"web{n}": {"address": f"192.0.2.{n}"} for n in range(1, count + 1)}


def target(
    app: Section | None = None,
    *,
    leader: bool = True,
    files: tuple[RenderedFile, ...] = (),
    live_files: tuple[LiveFile, ...] = (UNIT, SITE),
    release: Release = RELEASE,
    rest: Section | None = None,
) -> Target:
    """The release 42 of the shop on web1."""
    whole = inventory(app, rest=rest)
    return Target(whole, whole.hosts["web1"], release, leader, files, live_files)


def app_answer(**changes: object) -> dict[str, object]:
    """What the agent says of a shop whose release 41 serves on blue."""
    return {
        "set_up": True,
        "fence": 7,
        "counter": 41,
        "live": OLD,
        "live_colour": "blue",
        "colours": {"blue": {"release": OLD, "active": "active"}, "green": {}},
        "releases": [record(41, "0ddba11" + "0" * 33)],
        **changes,
    }


def record(
    number: int, revision: str, state: str = "good", migrations: str = ""
) -> dict[str, object]:
    """A line of release.json."""
    release = Release(number, revision)
    return {
        "id": release.id,
        "number": number,
        "revision": revision,
        "state": state,
        "migrations": migrations,
    }


def facts(app: Section | None = None, answers: Section | None = None, **more: object) -> Facts:
    """Facts with the app's state; further answers by their keys."""
    return Facts({"app": app_answer() if app is None else app, **(answers or {}), **more})


FIRST: Section = {"set_up": True}
"""What the agent says before the first deploy."""
