"""Give the release its virtual environment; an unchanged lock installs nothing."""

from deployer.core.action import Action
from deployer.core.actions.files import MakeFolder
from deployer.core.actions.releases import EnsureVenv, Unpack
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import is_complete, python
from deployer.core.step import Phase, Scope, Target, Work

WHEELS_MARKER = ".complete"


class Install:
    """Send the wheels once, then build the environment or reuse the one for this lock."""

    name = "install"
    phase = Phase.BUILD
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        asked: tuple[Fact[object], ...] = (python(_interpreter(on)),)
        return (*asked, _wheels_are_there(on)) if on.wheels else asked

    def do(self, on: Target, facts: Facts) -> Work:
        interpreter = facts[python(_interpreter(on))].path or _interpreter(on)
        wheelhouse = on.layout.wheelhouse(on.wheels.key) if on.wheels else ""
        return (
            *self._send(on, facts, wheelhouse),
            EnsureVenv(
                release_folder=on.folder,
                venvs=f"{on.layout.root}/venvs",
                interpreter=interpreter,
                locks=on.app.installer.locks,
                build=on.app.installer.build(interpreter, wheelhouse),
                user=on.app.name,
            ),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()

    def _send(self, on: Target, facts: Facts, wheelhouse: str) -> tuple[Action, ...]:
        if on.wheels is None or facts[_wheels_are_there(on)]:
            return ()
        return (
            MakeFolder(f"{on.layout.root}/wheelhouse"),
            Unpack(wheelhouse, on.wheels.archive(), group=on.app.name),
        )


def _interpreter(on: Target) -> str:
    return on.host.python or on.app.python


def _wheels_are_there(on: Target) -> Fact[bool]:
    key = on.wheels.key if on.wheels else ""
    return is_complete(on.layout.wheelhouse(key), WHEELS_MARKER)
