"""Commands that the harness types: each is a process that can be killed, and leaves its output."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from tests.faults.build import PROJECT

LONGEST = 150.0


@dataclass
class Command:
    """One controller at work; `code` is negative if a signal ended it."""

    pid: int
    log: Path
    code: int | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if not self.ended.is_set():
            os.kill(self.pid, number)

    def wait(self, seconds: float = LONGEST) -> int:
        """Wait for its end and give its exit code."""
        assert self.ended.wait(seconds), f"the controller hangs: {self.output()[-2000:]}"
        assert self.code is not None
        return self.code

    def output(self) -> str:
        """Give what it has printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def events(self) -> list[dict[str, object]]:
        """Give its events so far."""
        lines = (line for line in self.output().splitlines() if line.startswith("{"))
        return [json.loads(line) for line in lines if line.endswith("}")]

    @property
    def release(self) -> str:
        """The release that it makes; "" if it makes none, or has not come so far."""
        return self._started("release")

    @property
    def run(self) -> str:
        """The name of its run; "" if it has not come so far."""
        return self._started("run")

    def _started(self, key: str) -> str:
        started = (one for one in self.events() if one.get("event") == "RunStarted")
        return str(next(started, {}).get(key, ""))


class Spawner:
    """Types commands of one test build."""

    def __init__(self, build: Path) -> None:
        environ = {**os.environ, "PYTHONPATH": f"{build}:{PROJECT}", "PYTHONDONTWRITEBYTECODE": ""}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.spawner", str(build)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
            cwd=build,
        )
        self._running: dict[int, Command] = {}
        self._early: dict[int, int] = {}
        self._started: SimpleQueue[int] = SimpleQueue()
        self._lock = threading.Lock()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        assert self._started.get(timeout=60) == 0

    def start(
        self, words: Sequence[str], folder: Path, environ: Mapping[str, str], log: Path
    ) -> Command:
        """Start `inv WORDS` in a folder; one caller at a time."""
        wanted = {
            "words": list(words),
            "folder": str(folder),
            "environ": dict(environ),
            "log": str(log),
        }
        assert self._process.stdin is not None
        log.unlink(missing_ok=True)
        self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
        self._process.stdin.flush()
        command = Command(self._started.get(timeout=30), log)
        with self._lock:
            if command.pid in self._early:
                self._end(command, self._early.pop(command.pid))
            else:
                self._running[command.pid] = command
        return command

    def close(self) -> None:
        """Start no more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(LONGEST)
        self._listener.join(LONGEST)
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "ended" not in said:
                self._started.put(said.get("pid", 0))
                continue
            with self._lock:
                command = self._running.pop(said["ended"], None)
                if command is None:
                    self._early[said["ended"]] = said["code"]
                else:
                    self._end(command, said["code"])

    def _end(self, command: Command, code: int) -> None:
        command.code = code
        command.ended.set()
