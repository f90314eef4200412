"""How soon the end of a program is seen: each deploy runs about thirty of them."""

import subprocess
from threading import Event

import pytest

from deployer.agent.system import programs
from deployer.agent.system.program_output import Output


def test_a_program_that_has_closed_its_pipes_is_waited_for_and_not_slept_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = "exec sleep 60 >&- 2>&-"
    process = subprocess.Popen(
        ["sh", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    waited: list[float] = []

    def wait(seconds: float | None = None) -> int:
        assert seconds is not None
        waited.append(seconds)
        process.kill()
        return subprocess.Popen.wait(process, 30)

    monkeypatch.setattr(process, "wait", wait)
    output = Output(process, b"", None)

    ended = programs._watch(process, output, float("inf"), Event())
    output.close()

    assert (ended, len(waited)) == ("exited", 1)
