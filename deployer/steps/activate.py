"""The switch: one rename of the socket's link sends all new requests to the new release."""

from collections.abc import Mapping

from deployer.core.action import Action
from deployer.core.actions.files import Install, Link, PutBack
from deployer.core.actions.units import StopUnit, SwapEnabled
from deployer.core.actions.web_server import ReloadWebServer
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import file_digests
from deployer.core.host_state import app_state
from deployer.core.restarting import is_beside, is_ready
from deployer.core.step import LiveFile, Phase, Scope, Target, Work


class Activate:
    """Send users to the release that has just proved itself; no request sees a gap."""

    name = "activate"
    phase = Phase.VERIFY
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(), _live_sites(on))

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        colour = state.colour_for(on.release.id)
        layout = on.layout
        previous: tuple[Action, ...] = ()
        if state.live:
            previous = (Link(layout.previous, layout.release(state.live)),)
        return (
            *previous,
            Link(layout.live, on.folder),
            Link(layout.live_socket, layout.socket(colour)),
            *_web_server(on, facts),
            SwapEnabled(layout.unit(colour), _old_unit(on, facts)),
            Link(layout.current, f"releases/{on.release.id}"),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        layout, state = on.layout, facts[app_state()]
        sites = _changed_sites(on, facts)
        links = on.app.web_server.links(on.app.name)
        web_server: tuple[Action, ...] = (
            *(PutBack(link) for link, _ in links),
            *(PutBack(file.path) for file in sites),
            ReloadWebServer(),
        )
        new = layout.unit(state.colour_for(on.release.id))
        old = _old_unit(on, facts)
        # It had users who wait for their answers, and what undoes its start kills it. A warm one
        # is left for a while by that, too. Where nobody serves meanwhile, it has less time.
        patience = 60.0 if is_beside(on, state) else max(on.app.runtime.drain, 1.0)
        drain = () if is_ready(on, state) else (StopUnit(new, timeout=patience),)
        return (
            PutBack(layout.live_socket),
            PutBack(layout.live),
            PutBack(layout.previous),
            PutBack(layout.current),
            SwapEnabled(old, new),
            *(web_server if sites else ()),
            *drain,
        )


def _web_server(on: Target, facts: Facts) -> tuple[Action, ...]:
    changed = _changed_sites(on, facts)
    if not changed:
        return ()
    return (
        *(
            Install(f"{on.folder}/config/system{file.path}", file.path, file.mode)
            for file in changed
        ),
        *(Link(link, target) for link, target in on.app.web_server.links(on.app.name)),
        ReloadWebServer(),
    )


def _old_unit(on: Target, facts: Facts) -> str:
    colour = facts[app_state()].live_colour
    return on.layout.unit(colour) if colour else ""


def _sites(on: Target) -> tuple[LiveFile, ...]:
    return tuple(file for file in on.live_files if not file.path.startswith("/etc/systemd/"))


def _live_sites(on: Target) -> Fact[Mapping[str, str]]:
    return file_digests((file.path for file in _sites(on)), key="sites")


def _changed_sites(on: Target, facts: Facts) -> tuple[LiveFile, ...]:
    live = facts[_live_sites(on)]
    return tuple(file for file in _sites(on) if live.get(file.path, "") != file.sha256)
