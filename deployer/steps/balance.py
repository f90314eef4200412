"""On a balancer: bring its site up to date, and say which web hosts get requests."""

from collections.abc import Iterable, Mapping

from deployer.core.action import Action
from deployer.core.actions.files import Install, Link, Put, PutBack
from deployer.core.actions.web_server import Balance as LeaveOut
from deployer.core.actions.web_server import ReloadWebServer, TestSites
from deployer.core.balance import NEW, balanced
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import file_digests
from deployer.core.release import upstream_path
from deployer.core.step import LiveFile, Phase, Scope, Skip, Target, Work


class ConfigureBalancer:
    """Write the balancer's files where nothing reads them, and test them there."""

    name = "configure-balancer"
    phase = Phase.BUILD
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        candidates = tuple((on.layout.candidate(file.path), file.path) for file in on.files)
        return (
            *(Put(on.layout.candidate(file.path), file.content) for file in on.files),
            TestSites(candidates, _links(on)),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()


class Balance:
    """Leave hosts out (host and reason), and take others in again; files that changed go live."""

    phase = Phase.PUBLISH
    scope = Scope.EACH

    def __init__(self, name: str, out: Mapping[str, str], back: Iterable[str] = ()) -> None:
        self.name = name
        self._out = dict(out)
        self._back = frozenset(back)

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (balanced(on.app.name), _sites(on))

    def do(self, on: Target, facts: Facts) -> Work:
        now = facts[balanced(on.app.name)]
        down = self._down(on, now.hosts)
        upstream = upstream_path(on.app.name)
        changed = _changed(on, facts)
        is_new = any(now.sha256 != one.sha256 for one in on.live_files if one.path == upstream)
        present = {host: why for host, why in now.hosts.items() if why}
        if not changed and not is_new and down == present:
            return Skip("the balancer does so already")
        return (
            *(Install(on.layout.candidate(one.path), one.path) for one in changed),
            *(Link(link, target) for link, target in _links(on)),
            LeaveOut(
                upstream,
                tuple(down.items()),
                source=on.layout.candidate(upstream) if is_new else "",
                drain=_drain(on) if set(down) - set(present) else 0.0,
            ),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        return (
            *(PutBack(link) for link, _ in _links(on)),
            *(PutBack(file.path) for file in on.live_files),
            ReloadWebServer(),
        )

    def _down(self, on: Target, now: Mapping[str, str]) -> dict[str, str]:
        """Give who is left out afterwards; who the balancer does not know yet waits for a proof."""
        web = [host.name for host in on.inventory.web_hosts]
        down = {name: now.get(name, NEW) for name in web if name not in self._back}
        down.update((name, why) for name, why in self._out.items() if name in web)
        return {name: why for name, why in down.items() if why}


def _drain(on: Target) -> float:
    return on.inventory.balancer.drain if on.inventory.balancer else 0.0


def _links(on: Target) -> tuple[tuple[str, str], ...]:
    return on.inventory.balancer.links(on.app.name) if on.inventory.balancer else ()


def _sites(on: Target) -> Fact[Mapping[str, str]]:
    return file_digests((file.path for file in on.live_files), key="balancer files")


def _changed(on: Target, facts: Facts) -> tuple[LiveFile, ...]:
    live = facts[_sites(on)]
    upstream = upstream_path(on.app.name)
    return tuple(
        file
        for file in on.live_files
        if file.path != upstream and live.get(file.path, "") != file.sha256
    )
