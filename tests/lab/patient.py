"""The tiny app with a step that waits while a file is there, to do something in its middle."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deployer.agent.runs.journal import read
from deployer.lab.host import LabHost
from deployer.lab.machine import wait_until
from tests.faults.tiny import NAME, revise, tiny
from tests.lab.project import Project

GATE = f"/srv/{NAME}/shared/wait"
JOURNAL = f"/var/lib/deployer/{NAME}/journal"
_WAITING = f"for i in $(seq 600); do test -e {GATE} || exit 0; sleep 0.1; done; exit 9"


class Patient(Project):
    """A project on one host; `close_gate` has the next deploy wait in `collect_static`."""

    def __init__(self, folder: Path, host: LabHost) -> None:
        app = tiny(folder / NAME)
        super().__init__(folder, (host,), app)
        self.section("app", "framework")["collect_static"] = ["sh", "-c", _WAITING]
        self.section("ssh").update(reconnect_timeout="3s", connect_timeout="3s")
        self.write()
        self._revisions = 0

    @property
    def host(self) -> LabHost:
        return self.hosts[0]

    def revise(self) -> str:
        """Commit something new, and give its short hash."""
        self._revisions += 1
        return revise(self.app, f"r{self._revisions}")[:7]

    def close_gate(self) -> None:
        self.host.run(f"touch {GATE}")

    def open_gate(self) -> None:
        self.host.run(f"rm -f {GATE}")

    def started(self, *words: str) -> "subprocess.Popen[str]":
        """Type a command as it is and do not wait for it."""
        return self.begun(*words)

    def waiting_deploy(self, *words: str) -> "subprocess.Popen[str]":
        """Deploy something new, and give it when it stands in the middle of its step."""
        self.close_gate()
        self.revise()
        begun = len(self.records())
        started = self.started("deploy", *words)
        self.until(lambda: self.is_at("collect_static", begun))
        return started

    def is_at(self, step: str, begun: int) -> bool:
        """Tell whether a step was started since the journal had so many records."""
        since = self.records()[begun:]
        return any((one.get("step"), one.get("state")) == (step, "start") for one in since)

    def records(self) -> list[dict[str, object]]:
        """Read the host's journal past the network."""
        return list(read(self.host.run(f"cat {JOURNAL}").stdout.encode()))

    def ends(self) -> list[object]:
        """How every run ended on the host."""
        return [one.get("outcome") for one in self.records() if one.get("event") == "end"]

    def until(self, condition: Callable[[], bool], seconds: float = 90.0) -> None:
        """Wait for something, at most so long."""
        assert wait_until(condition, seconds=seconds)

    def live(self) -> str:
        """Name the release that answers users."""
        return str(self.healthz()["release"])


def told(started: "subprocess.Popen[str]", seconds: float = 150.0) -> tuple[int, str]:
    """Wait for a command; gives its exit code and what it said."""
    output, _ = started.communicate(timeout=seconds)
    sys.stdout.write(output)
    return started.returncode, output
