"""Words stay words: through every shell that they are pasted into, and through the agent."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.agent.system.programs import Program, run
from deployer.api.environment import Environment
from deployer.api.program import _told
from deployer.core.command import command
from deployer.core.report import EXIT_CODES
from deployer.core.transport import Channel
from deployer.engine.redact import Redactor
from deployer.engine.session import Session
from deployer.errors import DeployerError, HostError
from tests.any_text import texts

SHELLS = [name for name in ("sh", "dash", "bash", "busybox") if shutil.which(name)]
LISTS = st.lists(texts, min_size=1, max_size=6)
SOME = settings(max_examples=40, deadline=None)


def printed(words: list[str]) -> bytes:
    return "".join(f"{word}\0" for word in words).encode()


@pytest.mark.parametrize("shell", SHELLS)
@SOME
@given(words=LISTS)
def test_words_reach_a_program_byte_for_byte_through_any_shell(shell, words):
    line = str(command("printf", "%s\\0", *words))
    interpreter = (shell, "sh") if shell == "busybox" else (shell,)

    done = subprocess.run((*interpreter, "-c", line), capture_output=True, timeout=20, check=True)

    assert done.stdout == printed(words)


@SOME
@given(words=LISTS)
def test_words_reach_a_program_byte_for_byte_through_the_agent(words):
    message = json.loads(json.dumps({"command": ["printf", "%s\\0", *words]}))

    done = run(Program(message["command"]))

    assert done.exit_code == 0
    assert done.stdout == printed(words)


def told_by(host: str, code: int) -> int:
    """Give what our command ends with when a program on a host ended so."""
    at = cast("Environment", SimpleNamespace(emit=lambda _: None, redact=str))
    return _told(at, host, code)


@given(code=st.integers(-(2**31), 2**31))
def test_no_exit_code_of_a_host_is_ours(code):
    assert told_by("web1", code) == (0 if code == 0 else 9)


def every_error(kind: type[DeployerError] = DeployerError) -> Iterator[type[DeployerError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from every_error(one)


@pytest.mark.parametrize("kind", list(every_error()))
def test_every_error_has_a_code_of_the_table(kind):
    assert kind.exit_code in {1, *EXIT_CODES.values(), 2}


@given(code=st.integers(-70, 300), ended=st.sampled_from(["exited", "killed"]))
def test_the_end_of_a_program_on_a_host_is_a_number_and_never_our_exit(code, ended):
    said = {"event": "exit", "code": code, "cause": ended}

    class Answering:
        def send(self, message, blobs=()):
            pass

        def receive(self, timeout):
            return said

    session = Session("web1", "shop", cast("Channel", Answering()), lambda _: None, Redactor(()))
    try:
        found: int | HostError = session.stream({"command": ["x"]}, lambda _: None, silence=1)
    except HostError as error:
        found = error

    told = found.exit_code if isinstance(found, HostError) else told_by("web1", found)
    assert told in EXIT_CODES.values()
