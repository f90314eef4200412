"""What the agent says, logs and journals holds no secret of the app, whatever the app prints."""

import json
import os
import shlex
import subprocess
import threading
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.agent.context import ActionFailed, Context
from deployer.agent.runs import performing
from deployer.agent.system import env_file
from deployer.agent.system.program_output import Output
from deployer.agent.text import redacting
from deployer.agent.text.clean_text import LONGEST
from deployer.agent.text.redacting import Redaction
from deployer.rendering.files import naming
from tests.unit.agent.talk import BEGIN, RELEASE, order, shell, step

VALUE = 'it\'s 50%off $HOME "x" pässwörd'
FOLDER = f"srv/shop/releases/{RELEASE['id']}/config"


def put_environment(root, *, named=True, name="GREETING", value=VALUE):
    folder = root / FOLDER
    folder.mkdir(parents=True)
    header = naming((name,) if named else ()).encode()
    (folder / "app.env").write_bytes(header + env_file.write([(name, value), ("DEBUG", "off!")]))
    return Context("shop", "r1", root=root)


@pytest.mark.parametrize(
    ("name", "named", "value", "hidden"),
    [
        ("GREETING", True, VALUE, True),
        ("GREETING", False, VALUE, False),
        ("SECRET_KEY", False, VALUE, True),
        ("DB_PASSWORD", False, VALUE, True),
        ("STRIPE_TOKEN_2", False, VALUE, True),
        ("KEYBOARD", False, VALUE, False),
        ("CACHE", False, "redis://u:hunter2@h/1", True),
        ("CACHE", False, "redis://h/1", False),
    ],
)
def test_a_secret_is_known_by_its_header_its_name_or_its_form(name, named, value, hidden, tmp_path):
    ctx = put_environment(tmp_path, named=named, name=name, value=value)

    assert (value not in ctx.redact(f"a {value} b")) is hidden


def test_the_password_of_a_url_is_a_secret_of_its_own(tmp_path):
    url = "postgres://u:p%40ss%2Fword@h/x"
    ctx = put_environment(tmp_path, named=True, name="DATABASE_URL", value=url)

    assert ctx.redact("user u, password p@ss/word") == "user u, password ***"
    assert ctx.redact("p%40ss%2Fword") == "***"


def test_a_file_that_comes_later_is_read_too(tmp_path):
    redact = Redaction(tmp_path / "srv/shop/releases")
    assert redact(VALUE) == VALUE

    put_environment(tmp_path)
    redact.refresh()

    assert redact(VALUE) == "***"


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "latin-1"])
def test_what_is_no_plain_file_is_not_read(kind, tmp_path):
    (tmp_path / FOLDER).mkdir(parents=True)
    file = tmp_path / FOLDER / "app.env"
    outside = tmp_path / "outside"
    outside.write_text(f"SECRET={VALUE}")
    match kind:
        case "link":
            file.symlink_to(outside)
        case "pipe":
            os.mkfifo(file)
        case "folder":
            file.mkdir()
        case _:
            file.write_bytes(b"SECRET=\xff\xfe")

    assert Redaction(tmp_path / "srv/shop/releases")(VALUE) == VALUE


def test_a_failing_action_names_no_secret(tmp_path):
    ctx = put_environment(tmp_path)
    code = f"import sys; print({VALUE!r}); sys.exit(repr({VALUE!r}))"
    action = shell(f"python3 -c {shlex.quote(code)}")

    with pytest.raises(ActionFailed) as caught:
        performing.perform(ctx, action | {"hint": f"look at {VALUE}"})

    failed = caught.value
    assert "***" in "".join(failed.log)
    assert VALUE not in "".join((failed.cause, failed.hint, *failed.log))
    assert "pässwörd" not in "".join(failed.log)


def test_no_secret_is_said_journalled_or_logged_by_a_run(host):
    put_environment(host.root)
    (host.root / "printed").write_text(VALUE)
    peer = host.worker()
    said = [peer.ask(BEGIN | {"release": RELEASE}, "begun")]
    peer.send(order("BUILD", step("install", do=[shell(f"cat {host.root}/printed; exit 3")])))
    said += peer.until("done", "failed", "ordered", "order")
    peer.close()
    host.wait()

    written = "".join(
        file.read_text(errors="replace")
        for file in (*host.state.rglob("*"), host.root / "var/log/deploy.log")
        if file.is_file()
    )
    assert "***" in json.dumps(said)
    assert "pässwörd" not in json.dumps(said, ensure_ascii=False) + written


def test_without_the_redactor_a_secret_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(redacting, "pattern", lambda _: None)
    ctx = put_environment(tmp_path)

    with pytest.raises(ActionFailed) as caught:
        performing.perform(ctx, shell(f"echo {shlex.quote(VALUE)}; exit 3"))

    assert VALUE in "".join(caught.value.log)


class Pipes:
    """A program that has already printed."""

    def __init__(self, pieces):
        self.stdin = self.stderr = None
        reading, self._writing = os.pipe()
        self.stdout = os.fdopen(reading, "rb", 0)
        self._pieces = pieces

    def feed(self):
        for piece in self._pieces:
            os.write(self._writing, piece)
        os.close(self._writing)


@settings(max_examples=60, deadline=None)
@given(
    before=st.text(st.sampled_from("ab \n"), max_size=9),
    fill=st.integers(LONGEST - 40, LONGEST + 5) | st.integers(0, 20),
    cuts=st.lists(st.integers(0, LONGEST + 200), max_size=6),
)
def test_however_a_stream_is_cut_no_half_of_a_secret_comes_through(before, fill, cuts):
    secret = "s3cr3t-Kanarienvogel-42"
    text = f"{before}{'x' * fill}{secret} end\n".encode()
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    program = Pipes([text[a:b] for a, b in pairwise(edges)])
    shown: list[str] = []
    output = Output(
        cast("subprocess.Popen[bytes]", program),
        b"",
        shown.append,
        lambda line: line.replace(secret, "***"),
    )

    feeding = threading.Thread(target=program.feed)
    feeding.start()
    while output.is_open:
        output.pump(0.1)
    feeding.join()
    output.close()

    assert "s3cr" not in "".join(shown)
