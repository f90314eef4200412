import difflib

import pytest

from deployer.errors import UsageError
from deployer.inventory.pins import file_with, with_pins

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBaxkEvnlnW0d82LFn5KDMKZ6NiHNnQI9tMvic9Oc3mg"
TEXT = """\
# The hosts of production.
hosts:                                  # in the order of deploys
  web1: {address: 203.0.113.11, roles: [web, migrate]}   # the old one
  web2:
    address: "203.0.113.12"
    roles:
      - web
      - worker
protected: true     # asks
app:
  env:
    GREETING: '100% "sûr" $HOME'
"""


def changed_lines(old: str, new: str) -> list[str]:
    diff = difflib.ndiff(old.splitlines(), new.splitlines())
    return [line for line in diff if line[0] in "+-"]


def test_a_pin_is_added_and_nothing_else_changes():
    new = with_pins(TEXT, {"web2": [KEY]})

    assert changed_lines(TEXT, new) == [f'+     host_keys: ["{KEY}"]']


def test_a_host_on_one_line_stays_on_one_line():
    new = with_pins(TEXT, {"web1": [KEY]})

    assert [line[:9] for line in changed_lines(TEXT, new)] == ["-   web1:", "+   web1:"]
    assert f'host_keys: ["{KEY}"]}}' in new
    assert "# the old one" in new


def test_a_pin_is_replaced():
    pinned = with_pins(TEXT, {"web2": ["ssh-ed25519 AAAAold"]})

    assert with_pins(pinned, {"web2": [KEY]}) == with_pins(TEXT, {"web2": [KEY]})


def test_pinning_twice_is_pinning_once():
    once = with_pins(TEXT, {"web1": [KEY], "web2": [KEY]})

    assert with_pins(once, {"web1": [KEY], "web2": [KEY]}) == once


def test_a_file_that_shares_a_host_by_an_anchor_is_left_alone():
    text = "hosts:\n  web1: &one {address: 192.0.2.1}\n  web2: *one\n"

    with pytest.raises(UsageError, match="left alone"):
        with_pins(text, {"web2": [KEY]})


def test_the_file_that_has_the_host_is_found(tmp_path):
    (tmp_path / "base.yaml").write_text("hosts: {web1: {address: 192.0.2.1}}\n")
    (tmp_path / "prod.yaml").write_text("hosts: {web2: {address: 192.0.2.2}}\n")

    assert file_with(tmp_path, "prod", "web1") == tmp_path / "base.yaml"
    assert file_with(tmp_path, "prod", "web2") == tmp_path / "prod.yaml"
