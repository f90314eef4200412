"""On a balancer: bring its site up to date, and say which web hosts get requests."""

from collections.abc import Iterable, Mapping

from deployer.core.action import Action
from deployer.core.actions.files import Install, Link, Put, PutBack
from deployer.core.actions.web_server import Balance as LeaveOut
from deployer.core.actions.web_server import ReloadWebServer, TestSites
from deployer.core.balance import BY_HAND, IN_A_RUN, NEW, NOT_PUT_BACK, balanced, balanced_before
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import file_digests
from deployer.core.release import upstream_path
from deployer.core.step import (
    LiveFile,
    Notice,
    Phase,
    Refuse,
    Scope,
    Skip,
    Target,
    Work,
)


class ConfigureBalancer:
    """Write the balancer's files where nothing reads them, and test them there."""

    name = "configure"
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
    """Leave hosts out (host and reason), and take others in again; files that changed go live.

    What was left out `by_hand` is taken in by hand only. Who would be the last that gets requests
    is not left out. Only the first change of a run `undoes`: it knows what was there before.
    """

    phase = Phase.PUBLISH
    scope = Scope.EACH

    def __init__(
        self,
        name: str,
        out: Mapping[str, str],
        back: Iterable[str] = (),
        *,
        by_hand: bool = False,
        undoes: bool = True,
    ) -> None:
        self.name = name
        self._out = dict(out)
        self._back = frozenset(back)
        self._by_hand = by_hand
        self._undoes = undoes

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (balanced(on.app.name), _sites(on))

    def do(self, on: Target, facts: Facts) -> Work:
        now = facts[balanced(on.app.name)]
        wanted = self._wanted(on, now.hosts)
        if all(wanted.values()) and any(not why for why in now.hosts.values()):
            # Also when hosts have taken the place of those that serve: these stay until then.
            notice = Notice(_ALONE.format(host=", ".join(self._out)))
            return Skip(_AS_IT_IS, (notice,) if self._out else ())
        down = {name: why for name, why in wanted.items() if why}
        upstream = upstream_path(on.app.name)
        changed = _changed(on, facts)
        is_new = any(now.sha256 != one.sha256 for one in on.live_files if one.path == upstream)
        present = {host: why for host, why in now.hosts.items() if why}
        if not changed and not is_new and down == present:
            return Skip("nothing changes for the balancer")
        return (
            *(Install(on.layout.candidate(one.path), one.path) for one in changed),
            *(Link(link, target) for link, target in _links(on)),
            LeaveOut(
                upstream,
                tuple(down.items()),
                source=on.layout.candidate(upstream) if is_new else "",
                drain=_drain(on) if any(now.hosts.get(name) == "" for name in down) else 0.0,
                closing=on.layout.closing,
            ),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        return (*_as_before(on), ReloadWebServer(closing=on.layout.closing)) if self._undoes else ()

    def _wanted(self, on: Target, now: Mapping[str, str]) -> dict[str, str]:
        """Give for each web host why it is left out; who the balancer does not know is new."""
        wanted = {host.name: now.get(host.name, NEW) for host in on.inventory.web_hosts}
        for name, why in wanted.items():
            if name in self._back and (self._by_hand or why != BY_HAND):
                wanted[name] = ""
            elif name in self._out and (self._by_hand or why in ("", IN_A_RUN)):
                wanted[name] = self._out[name]
        return wanted


class KeepOut:
    """All goes back to what it was before the run, but hosts that are broken get no requests."""

    name = "keep_out"
    phase = Phase.VERIFY
    scope = Scope.EACH

    def __init__(self, broken: Iterable[str]) -> None:
        self._broken = frozenset(broken)

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        known = facts[balanced_before(on.app.name)].hosts
        down = {
            name: NOT_PUT_BACK if name in self._broken and not why else why
            for name, why in known.items()
        }
        if all(down.values()):
            return Refuse("no other host would get requests")
        out = tuple((name, why) for name, why in down.items() if why)
        change = LeaveOut(upstream_path(on.app.name), out, closing=on.layout.closing)
        return (*_as_before(on), change)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()


_AS_IT_IS = "the balancer stays as it is: nobody else would get requests"
_ALONE = "{host} is not left out of the balancer: no other host would get requests"


def _as_before(on: Target) -> tuple[Action, ...]:
    return (
        *(PutBack(link) for link, _ in _links(on)),
        *(PutBack(file.path) for file in on.live_files),
    )


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
