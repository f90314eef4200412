"""Units of systemd, tested, started and stopped."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StartUnit:
    """Start a unit and wait until systemd calls it active; on failure say why, with its log."""

    unit: str
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class StopUnit:
    """Stop a unit; with `kill`, do not wait for requests (it never served anybody).

    With `after`, leave it running that many seconds more, by a transient timer, and return.
    """

    unit: str
    timeout: float = 60.0
    kill: bool = False
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop these units of the app, also the one that users are sent to.

    With `held`, systemd keeps the sockets open, and who asks meanwhile waits for the answer.
    """

    units: tuple[str, ...]
    timeout: float = 60.0
    held: bool = False


@dataclass(frozen=True, slots=True)
class Resume:
    """Start the unit that users are sent to, after a `Pause`."""

    unit: str
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class ReloadUnits:
    """`systemctl daemon-reload`, and check that no unit of the app still needs it."""

    app: str


@dataclass(frozen=True, slots=True)
class SwapEnabled:
    """Enable one unit for boot and disable another ("" for none)."""

    enable: str
    disable: str = ""


@dataclass(frozen=True, slots=True)
class TestUnits:
    """`systemd-analyze verify` on candidate units; any output is a failure."""

    __test__ = False  # pytest must not collect a class because its name begins with Test
    sources: tuple[str, ...]
