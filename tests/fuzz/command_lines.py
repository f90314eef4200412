# ruff: noqa: E501  tables of texts
"""Types command lines made of the real flags and of garbage; nothing leaves this machine."""

import io
import os
import random
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from deployer.cli.program import program
from deployer.cli.tasks import namespace
from deployer.core.transport import HostAddress
from deployer.errors import HostUnreachable, LabUnavailable
from deployer.lab.lab import Lab
from deployer.transport.ssh import SshTransport
from tests.fuzz.pools import SECRET, any_text

CODES = {0, 2, 3, 4, 5, 6, 7, 8, 9, 130}
"""All exit codes but 1, which is a bug of ours."""

INVENTORY = """\
app:
  name: shop
  source: {kind: git, url: ".", revision: main, transport: push}
  framework: {kind: django, settings: shop.settings}
  app_server: {kind: gunicorn, module: "shop.wsgi:application"}
  env: {SECRET_KEY: {secret: SECRET_KEY}, GREETING: hello}
hosts:
  web1: {address: 192.0.2.1, roles: [web, migrate]}
  web2: {address: 192.0.2.2}
"""
CORE = ("--dry", "--echo", "--hide", "--list", "--help", "--version", "--debug", "--list-depth",
        "--list-format", "--config", "--pty", "--no-dedupe", "--complete", "--command-timeout",
        "--print-completion-script", "--warn-only", "-h", "-l", "-e", "-V", "-c", "-r")  # fmt: skip
GOOD = ("prod", "bad", "gone", "web1", "web2,web1", "!web1", "migrate", "main", "000001", "3", "0", "-1",
        "plain", "json", "console", "auto", "5", "1h", "26h", "today", "python manage.py check", "out",
        "2026-11-21", "GET|POST", "x/y/z", "shop", "192.0.2.7", "django")  # fmt: skip
FORBIDDEN = re.compile(r"(?:^|=)(?:/|~|\.\./)|canary")
"""Words that could name a file outside of the playground."""


@cache
def flags() -> dict[str, tuple[str, ...]]:
    """Give the flags of every command, as the command line itself knows them.

    Those for work on deployer itself are left out: they start other programs.
    """
    found = {str(context.name): tuple(context.flags) for context in namespace.to_contexts()}
    return {name: flags for name, flags in found.items() if not name.startswith("dev.")}


def word(chance: random.Random) -> str:
    """Give a value for a flag, good or bad."""
    if chance.random() < 0.6:
        return chance.choice(GOOD)
    while True:
        text = any_text(chance).replace("\0", "")  # execve(2) takes no NUL
        if not FORBIDDEN.search(text):
            return text.encode(
                "utf-8", "surrogateescape" if "\ud800" not in text else "replace"
            ).decode("utf-8", "surrogateescape")


def one_flag(name: str, chance: random.Random) -> tuple[str, ...]:
    """Give a flag with or without its value."""
    kind = chance.random()
    if kind < 0.45:
        return (name, word(chance))
    if kind < 0.75:
        return (f"{name}={word(chance)}",)
    return (name,)


def words(chance: random.Random) -> tuple[str, ...]:
    """Give one command line."""
    names = sorted(flags())
    line: list[str] = []
    if chance.random() < 0.1:
        line += one_flag(chance.choice(CORE), chance)
    for _ in range(1 if chance.random() < 0.9 else 2):
        command = chance.choice(names) if chance.random() < 0.95 else word(chance)
        line.append(command)
        if chance.random() < 0.7 and command in flags():
            line += ("--env", chance.choice(("prod", "prod", "prod", "bad", word(chance))))
        for _ in range(chance.randrange(4)):
            known = flags().get(command) or ("--env",)
            flag = chance.choice(known) if chance.random() < 0.95 else f"--{word(chance)}"
            line += one_flag(flag, chance)
    if chance.random() < 0.08:
        line.append(word(chance))
    return tuple(line)


class Contacts:
    """Stands where hosts would be contacted, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def refuse(self, host: HostAddress, *_: object) -> NoReturn:
        """Be a host that is not there."""
        self.count += 1
        raise HostUnreachable(f"Host `{host.name}` is not there.", host=host.name, hint="none")


def _no_lab(*_: object, **__: object) -> NoReturn:
    raise LabUnavailable("No lab here.", hint="none")


def _no_program(*_: object) -> NoReturn:
    raise SystemExit(2)


def _no_socket(*_: object) -> NoReturn:
    raise AssertionError("a connection behind the transport's back")


@contextmanager
def playground(folder: Path) -> Iterator[Contacts]:
    """Stand in a project from which no host and no lab can be reached."""
    (folder / "inventories").mkdir(parents=True)
    (folder / "inventories/prod.yaml").write_text(INVENTORY)
    (folder / "inventories/bad.yaml").write_text(INVENTORY.replace("name: shop", f"nam: {SECRET}"))
    contacts = Contacts()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [
            name for name in os.environ if name.startswith(("DEPLOYER_", "GITHUB", "INVOKE"))
        ]:
            patch.delenv(name)
        patch.setenv("SECRET_KEY", SECRET)
        patch.setattr("sys.stdin", io.StringIO())
        for name in ("open", "bootstrap", "scan"):
            patch.setattr(SshTransport, name, contacts.refuse)
        patch.setattr(Lab, "__init__", _no_lab)
        # A fuzzer that starts `dev.fuzz` or the test suite would never end.
        patch.setattr("deployer.cli.programs.programs", _no_program)
        patch.setattr(socket.socket, "connect", _no_socket)
        yield contacts


def typed(line: tuple[str, ...]) -> tuple[object, str]:
    """Type a line; gives how it left and all that it printed."""
    shown = io.StringIO()
    with redirect_stdout(shown), redirect_stderr(shown):
        try:
            program().run(["deployer", *line])
        except SystemExit as left:
            return left.code, shown.getvalue()
    return 0, shown.getvalue()  # a command that did well just returns


def attempt(contacts: Contacts, chance: random.Random) -> str:
    """Type one command line; gives its exit code. Raises AssertionError with the line."""
    line = words(chance)
    contacts.count = 0
    try:
        code, shown = typed(line)
    except Exception as error:
        raise AssertionError(f"{line!r} ended with {type(error).__name__}: {error}") from error
    told = f"{line!r} ended with {code!r}: {shown}"
    assert (code or 0) in CODES, told
    assert "Traceback" not in shown, told
    assert SECRET not in shown, told
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", shown), told
    assert not re.search(r"^\s*(?:::|##\[)", shown, re.MULTILINE), told
    if code == 2:
        assert contacts.count == 0, told
        assert shown.strip(), told
    return f"exit {code or 0}"
