"""How a balancer stands, for `inv status` and `inv check`: who gets requests, who does not."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployer.api.environment import Environment
from deployer.api.finding import Finding
from deployer.api.rendered_balancer import balancer_files
from deployer.core.balance import BY_HAND, NOT_PUT_BACK, Balanced, balanced
from deployer.core.fact import Fact
from deployer.core.host_facts import file_digests, mapping
from deployer.core.host_state import AppState, app_state
from deployer.core.step import LiveFile, live_files
from deployer.engine.session import Session
from deployer.output.tables import Row


@dataclass(frozen=True, slots=True)
class BalancerStanding:
    """Its own state, and what its file says of the web hosts."""

    state: AppState
    balanced: Balanced

    @property
    def problem(self) -> str:
        """Say what is wrong; "" for nothing."""
        if self.state.broken:
            return f"ROLLBACK FAILED: {self.state.broken}"
        if self.state.open_run and not self.state.locked_by:
            return f"a run was left open and needs recovery: {self.state.open_run}"
        if self.balanced.hosts and not self.serving:
            return "NO web host gets requests"
        return ""

    @property
    def serving(self) -> tuple[str, ...]:
        """The hosts that get requests."""
        return tuple(host for host, why in self.balanced.hosts.items() if not why)


def read_balancer(app: str, session: Session) -> BalancerStanding:
    """Ask a balancer."""
    session.ask((app_state(), balanced(app)))
    return BalancerStanding(session.facts[app_state()], session.facts[balanced(app)])


def balancer_row(env: str, host: str, found: BalancerStanding) -> Row:
    """Give its row of `inv status`."""
    if not found.state.set_up:
        return {"host": host, "state": "not set up", "note": "run `inv setup`"}
    parts = (
        found.problem,
        f"at work: {found.state.locked_by}" if found.state.locked_by else "",
        _sends(env, found.balanced.hosts),
    )
    return {
        "host": host,
        "state": "ROLLBACK FAILED" if found.state.broken else "balancer",
        "note": "; ".join(part for part in parts if part),
        "locked_by": found.state.locked_by,
        "open_run": found.state.open_run,
        "broken": str(found.state.broken or ""),
        "balance": dict(found.balanced.hosts),
    }


def _sends(env: str, hosts: Mapping[str, str]) -> str:
    if not hosts:
        return f"has no site yet: `inv deploy --env {env}` brings it"
    serving = ", ".join(host for host, why in hosts.items() if not why)
    out = "; ".join(_left_out(env, host, why) for host, why in hosts.items() if why)
    to = f"sends requests to {serving}" if serving else ""
    return "; ".join(part for part in (to, out) if part)


def _left_out(env: str, host: str, why: str) -> str:
    by_hand = f"`inv undrain --host {host} --env {env}`"
    ways = {BY_HAND: f": {by_hand}", NOT_PUT_BACK: f": a deploy that ends well there, or {by_hand}"}
    return f"{host} is left out ({why}){ways.get(why, '')}"


def check_balancer(at: Environment, session: Session) -> tuple[Finding, ...]:
    """Give the findings of `inv check` about a balancer."""
    app, env = at.inventory.app.name, at.inventory.environment
    files = live_files(balancer_files(at.inventory, at.templates))
    digests = file_digests(file.path for file in files)
    session.ask((app_state(), balanced(app), digests, _nginx()), strict=False)
    facts = session.facts
    address = at.inventory.hosts[session.host].address
    reached = Finding("connect", "ok", f"{address}, the agent answers")
    if not facts[app_state()].set_up:
        hint = f"run `inv setup --env {env}`"
        return (reached, Finding("set up", "error", "never set up for this app", hint))
    found = BalancerStanding(facts[app_state()], facts[balanced(app)])
    return (
        reached,
        Finding("set up", "ok", "users, folders and rights are there"),
        _recovery(found),
        _web_server(mapping(facts[_nginx()])),
        _balance(env, found),
        _site(env, files, facts[digests], found.balanced),
    )


def _nginx() -> Fact[object]:
    return Fact("web_server", "web_server", mapping)


def _recovery(found: BalancerStanding) -> Finding:
    if found.state.broken or found.state.open_run:
        hint = "the next deploy or rollback recovers first"
        return Finding("recovery", "warning", found.problem or "a run is at work", hint)
    return Finding("recovery", "ok", "nothing is left open")


def _web_server(told: Mapping[str, object]) -> Finding:
    if told.get("ok") is True:
        return Finding("web server", "ok", "`nginx -t` is content")
    text = str(told.get("output") or told.get("error") or "nginx says nothing")
    return Finding("web server", "error", text, "mend the file that nginx names")


def _balance(env: str, found: BalancerStanding) -> Finding:
    text = found.problem or _sends(env, found.balanced.hosts)
    all_in = len(found.serving) == len(found.balanced.hosts)
    return Finding("balance", "ok" if all_in and found.serving else "warning", text)


def _site(env: str, files: tuple[LiveFile, ...], live: Mapping[str, str], now: Balanced) -> Finding:
    upstream, *others = files
    same = now.sha256 == upstream.sha256 and all(live.get(o.path) == o.sha256 for o in others)
    if same:
        return Finding("site", "ok", "it is what the inventory says")
    hint = f"`inv deploy --env {env}` brings it"
    return Finding("site", "warning", "it is not what the inventory says", hint)
