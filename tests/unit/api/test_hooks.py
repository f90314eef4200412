import sys
from pathlib import Path

import pytest

from deployer.api.environment import Environment
from deployer.api.hooks import (
    LeftOutFile,
    drain_by_hand,
    hook,
    hooks_of,
    left_out,
    take_in_again,
    undrain_by_hand,
)
from deployer.api.perform import environment
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.core.event import Event, OutputLine
from deployer.errors import Locked, UsageError

INVENTORY = """\
app:
  name: shop
  source: {kind: git, url: "https://git.example.org/shop.git"}
  app_server: {kind: gunicorn, module: "shop.wsgi:application"}
  web_server: {kind: nginx, server_names: [shop.example.org]}
  env: {TOKEN: {secret: TOKEN}}
balancer: {kind: hooks, drain: [./tell, out], undrain: [./tell, in]}
hosts:
  web1: {address: 192.0.2.1}
  web2: {address: 192.0.2.2}
"""
HOOK = """\
#!/bin/sh
echo "$1 $DEPLOYER_HOST" >> told
echo "token $TOKEN"
[ ! -e "refuse-$1" ] || { echo "no such pool $TOKEN"; exit 3; }
"""


class Hooked:
    """A project whose hooks write down what they are told, in a command that needs no secrets."""

    def __init__(self, folder: Path) -> None:
        (folder / "inventories").mkdir()
        (folder / "inventories/prod.yaml").write_text(INVENTORY)
        (folder / "tell").write_text(HOOK)
        (folder / "tell").chmod(0o755)
        environ = {"PATH": "/usr/bin:/bin", "TOKEN": "hunter2-hunter2"}
        place = Place(folder, environ, sys.stdout, sys.stderr, None)
        self.folder = folder
        self.events: list[Event] = []
        request = Request("rollback")
        self.at: Environment = environment(place, request, self.events.append, with_secrets=False)
        hooks = hooks_of(self.at)
        assert hooks is not None
        self.hooks = hooks
        self.memory: LeftOutFile = left_out(self.at)

    def refuse(self, which: str) -> None:
        (self.folder / f"refuse-{which}").touch()

    @property
    def told(self) -> list[str]:
        log = self.folder / "told"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def hooked(tmp_path: Path) -> Hooked:
    return Hooked(tmp_path)


def test_a_secret_is_not_shown_by_a_command_that_needs_none(hooked):
    hooked.refuse("out")

    cause = hook(hooked.at, hooked.hooks)("drain", "web1")

    assert cause == "`./tell` ended with 3: no such pool ***"
    lines = [event.line for event in hooked.events if isinstance(event, OutputLine)]
    assert lines == ["token ***", "no such pool ***"]


def test_who_could_not_be_left_out_by_hand_counts_as_in(hooked):
    hooked.refuse("out")

    assert "no such pool" in drain_by_hand(hooked.at, hooked.hooks, "web1")

    assert hooked.told == ["out web1", "in web1"]
    assert hooked.memory.read() == {}


def test_who_can_neither_be_left_out_nor_taken_in_is_remembered(hooked):
    hooked.refuse("out")
    hooked.refuse("in")

    assert "nor could it be taken in" in drain_by_hand(hooked.at, hooked.hooks, "web1")

    assert hooked.memory.read() == {"web1": "by hand"}


def test_what_a_killed_run_has_left_out_is_taken_in_unless_one_is_at_work(hooked):
    hooked.memory.write({"web1": "in a run", "web2": "by hand"})
    held = hooked.memory.hold()

    take_in_again(hooked.at)
    during = list(hooked.told)
    with pytest.raises(Locked, match="at work"):
        undrain_by_hand(hooked.at, hooked.hooks, "web1")
    del held
    take_in_again(hooked.at)

    assert during == []
    assert hooked.told == ["in web1"]
    assert hooked.memory.read() == {"web2": "by hand"}


def test_what_is_said_by_hand_during_a_run_does_not_end_that_run(hooked):
    hooked.memory.write({"web1": "in a run"})
    held = hooked.memory.hold()

    assert drain_by_hand(hooked.at, hooked.hooks, "web2") == ""

    assert held
    assert hooked.memory.is_at_work
    assert hooked.memory.read() == {"web1": "in a run", "web2": "by hand"}


def test_a_folder_that_cannot_be_written_is_named(hooked):
    (hooked.folder / ".deployer").write_text("a file")

    with pytest.raises(UsageError, match="cannot be written"):
        hooked.memory.hold()


def test_who_left_the_inventory_is_forgotten_and_that_is_said(hooked):
    hooked.memory.write({"web9": "by hand", "web2": "by hand"})

    take_in_again(hooked.at)

    assert hooked.told == []
    assert hooked.memory.read() == {"web2": "by hand"}
    assert any("left the inventory" in str(event) for event in hooked.events)
