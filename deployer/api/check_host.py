"""The checks of `inv check` about the host itself, and the list of them all."""

from deployer.api.check_surroundings import source_checks, web_checks
from deployer.api.environment import Environment
from deployer.api.finding import Check, Finding, Raw
from deployer.api.status import problem
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import damage, disk, mapping, python
from deployer.core.host_state import app_state
from deployer.core.inventory import Host
from deployer.core.release import Layout
from deployer.core.room import MB, places, shortage, weights

_COMFORTABLE = 1024 * MB
_SKEW = 5.0


def checks(at: Environment, host: Host) -> tuple[Check, ...]:
    """Give the checks that apply to a host of this inventory."""
    env = at.inventory.environment
    layout = Layout(at.inventory.app.name)
    return (
        Check("set up", (app_state(),), lambda f: _set_up(env, f)),
        Check("recovery", (app_state(),), _recovery, on_bare_hosts=False),
        Check("live release", (app_state(), damage()), _whole, on_bare_hosts=False),
        Check("disk", (disk(places(layout)), weights(layout)), lambda f: _disk(at, f)),
        Check("python", (_python(at, host),), lambda f: _interpreter(at, host, f)),
        Check("tools", (_tools(at),), lambda f: _programs(at, f)),
        Check("clock", (_machine(),), lambda f: _clock(at, f)),
        *web_checks(at),
        *source_checks(at),
    )


def findings(at: Environment, host: Host, facts: Facts) -> tuple[Finding, ...]:
    """Judge the answers of a host that was reached."""
    reached = Finding("connect", "ok", f"{host.address}, the agent answers")
    is_bare = not facts[app_state()].set_up
    wanted = (one for one in checks(at, host) if one.on_bare_hosts or not is_bare)
    return (reached, *(_judged(check, facts) for check in wanted))


def _judged(check: Check, facts: Facts) -> Finding:
    for fact in check.facts:
        error = mapping(facts.answers.get(fact.key)).get("error")
        if isinstance(error, str) and check.name != "repository":
            hint = "look at the host: the agent could not find out"
            return Finding(check.name, "error", error, hint)
    return check.judge(facts)


def _set_up(env: str, facts: Facts) -> Finding:
    if facts[app_state()].set_up:
        return Finding("set up", "ok", "users, folders and rights are there")
    return Finding("set up", "error", "never set up for this app", f"run `inv setup --env {env}`")


def _recovery(facts: Facts) -> Finding:
    state = facts[app_state()]
    wrong = problem(state)
    if wrong:
        return Finding("recovery", "warning", wrong, "the next deploy or rollback recovers first")
    at_work = f"at work: {state.locked_by}" if state.locked_by else ""
    held = f"held {state.hold}" if state.hold else ""
    text = "; ".join(part for part in (at_work, held) if part)
    return Finding("recovery", "warning" if text else "ok", text or "nothing is left open")


def _whole(facts: Facts) -> Finding:
    live = facts[app_state()].live
    wrong = facts[damage()].get(live, "")
    if wrong:
        hint = "`inv rollback` goes to the last good one; or deploy again"
        return Finding("live release", "error", f"`{live}` is damaged: {wrong}", hint)
    text = f"`{live}` is as it was when it was built" if live else "nothing is live yet"
    return Finding("live release", "ok", text)


def _disk(at: Environment, facts: Facts) -> Finding:
    layout = Layout(at.inventory.app.name)
    rooms = facts[disk(places(layout))]
    if not rooms:
        return Finding("disk", "error", "the host does not say how much room it has")
    hint = f"make room, or run `inv prune --env {at.inventory.environment}`"
    lack = shortage(rooms, facts[weights(layout)], layout)
    if lack:
        return Finding("disk", "error", str(lack), hint)
    place, room = min(rooms.items(), key=lambda one: one[1].free)
    text = f"{room.free // MB} MB free of {room.total // MB} MB at {place}"
    return Finding("disk", *(("warning", text, hint) if room.free < _COMFORTABLE else ("ok", text)))


def _python(at: Environment, host: Host) -> Raw:
    return python(host.python or at.inventory.app.python)


def _interpreter(at: Environment, host: Host, facts: Facts) -> Finding:
    wanted = host.python or at.inventory.app.python
    found = facts[python(wanted)]
    if not found.version:
        hint = "install it, or set `app.python` in the inventory"
        return Finding("python", "error", f"there is no `{wanted}`", hint)
    if not found.has_venv:
        hint = f"run `inv setup --env {at.inventory.environment}`, which installs python3-venv"
        return Finding("python", "error", f"`{wanted}` makes no virtual environments", hint)
    return Finding("python", "ok", f"{found.version} at {found.path}")


_DATABASE_PROGRAMS = {
    "postgres": ("psql", "pg_dump", "pg_restore"),
    "mysql": ("mysql", "mysqldump"),
}


def _needed(at: Environment) -> tuple[str, ...]:
    app = at.inventory.app
    return (
        "git",
        *(("nginx",) if app.web_server.front else ()),
        *(("uv",) if app.installer.kind == "uv" else ()),
        *_DATABASE_PROGRAMS.get(app.database.kind, ()),
    )


def _tools(at: Environment) -> Raw:
    return Fact("tools", "tools", mapping, {"names": list(_needed(at))})


def _programs(at: Environment, facts: Facts) -> Finding:
    found = mapping(facts[_tools(at)])
    missing = [name for name in _needed(at) if not found.get(name)]
    if missing:
        hint = f"install {', '.join(missing)}; `inv setup` installs what Debian has"
        return Finding("tools", "error", f"missing: {', '.join(missing)}", hint)
    return Finding("tools", "ok", ", ".join(str(found[name]) for name in _needed(at)))


def _machine() -> Raw:
    return Fact("host", "host", mapping)


def _clock(at: Environment, facts: Facts) -> Finding:
    now = mapping(facts[_machine()]).get("now")
    if not isinstance(now, int | float):
        return Finding("clock", "warning", "the host does not say what time it has")
    skew = float(now) - at.place.clock.now().timestamp()
    if abs(skew) > _SKEW:
        text = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine"
        return Finding("clock", "warning", text, "turn on time synchronisation on both")
    return Finding("clock", "ok", f"within {_SKEW:g} s of this machine")
