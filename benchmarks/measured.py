"""Runs one command in a control group of its own, and says what it took, children included."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deployer.lab import cgroups
from deployer.lab.host import LabHost

_JOIN = 'echo $$ >"$0/cgroup.procs"; exec "$@"'
_LONGEST = 900


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds on the clock, of our processors and of those of all hosts; peak MiB (PSS) here."""

    wall: float
    here: float
    there: float
    memory: float


class WentWrong(Exception):
    """A command did not do what it should; its output is the text."""


class Stopwatch:
    """Measures commands; nothing that one leaves behind (an ssh master) outlives it."""

    def __init__(self, name: str, hosts: Sequence[LabHost]) -> None:
        self._name = f"bench-{name}"
        self._hosts = hosts
        self._every = max(0.2, len(hosts) / 30)  # looking costs time too

    def run(self, words: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Taken:
        """Run a command that has to succeed."""
        group = cgroups.create(self._name)[0]
        memory = _Memory(group, self._every)
        try:
            there, began = self._hosts_cpu(), time.perf_counter()
            process = subprocess.Popen(
                ("sh", "-c", _JOIN, str(group), *words),
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            memory.start()
            said, _ = process.communicate(timeout=_LONGEST)
            wall = time.perf_counter() - began
            peak = memory.end()
            taken = Taken(wall, _cpu(group), self._hosts_cpu() - there, peak)
        finally:
            memory.end()
            cgroups.destroy(self._name)
        if process.returncode != 0:
            raise WentWrong(f"$ {' '.join(words)[:300]}\n{said}")
        return taken

    def _hosts_cpu(self) -> float:
        root = cgroups.roots()[0]
        return sum(_cpu(root / host.group) for host in self._hosts)


def _cpu(group: Path) -> float:
    return int((group / "cpu.stat").read_text().split()[1]) / 1e6  # usage_usec comes first


class _Memory:
    """Adds up what all processes of a group hold, again and again; shared pages count once."""

    def __init__(self, group: Path, every: float) -> None:
        self._group = group
        self._every = every
        self._peak = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> float:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._ended.wait(self._every):
            self._peak = max(self._peak, sum(map(_pss, cgroups.processes(self._group))))


def _pss(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0.0
    return next((int(one.split()[1]) / 1024 for one in lines if one.startswith("Pss:")), 0.0)


def inherited() -> dict[str, str]:
    """Give our environment; an installed tool has its bytecode, so nothing forbids it here."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    return {key: os.environ[key] for key in os.environ if key not in unwanted}
