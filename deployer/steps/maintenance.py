"""Keep users out for a while, or let them in again; the app itself is not touched."""

from deployer.core.actions.files import Put, PutBack, Unlink
from deployer.core.actions.web_server import CheckMaintenance
from deployer.core.fact import Fact, Facts
from deployer.core.step import Phase, Scope, Target, Work


class Maintenance:
    """Write the page that the web server shows to everybody, or with none remove it."""

    name = "maintenance"
    phase = Phase.PUBLISH
    scope = Scope.EACH

    def __init__(self, page: bytes = b"") -> None:
        self._page = page

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        path, server = on.layout.maintenance, on.app.web_server
        change = Put(path, self._page) if self._page else Unlink(path)
        check = CheckMaintenance(server.server_names[0], server.front, is_on=bool(self._page))
        return (change, check)

    def undo(self, on: Target, facts: Facts) -> tuple[PutBack]:
        return (PutBack(on.layout.maintenance),)
