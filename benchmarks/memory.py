"""How much memory the processes of an app take on lab hosts, at the most."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

from deployer.lab import cgroups
from deployer.lab.host import LabHost

PAUSE = 0.2


class Memory:
    """Looks several times a second until it is left; pages that processes share count once."""

    def __init__(self, host: LabHost, app: str) -> None:
        self._host, self._app = host, app
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.peak = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30.0)

    def now(self) -> int:
        """Add up what its units take, in bytes."""
        above = cgroups.roots()[0] / self._host.group
        units = tuple(above.rglob(f"{self._app}@*.service"))
        return sum(_taken(one) for unit in units for one in cgroups.processes(unit))

    def _look(self) -> None:
        while not self._stop.wait(PAUSE):
            with suppress(OSError):  # a unit that has ended meanwhile
                self.peak = max(self.peak, self.now())


def _taken(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
