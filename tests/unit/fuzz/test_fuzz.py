"""A small part of what `inv dev.fuzz` does, and proof that it would find something."""

import random

import pytest

from deployer.core.transport import HostAddress
from deployer.inventory import shown
from tests.fuzz import command_lines, inventories
from tests.fuzz.__main__ import Findings, fuzz, run
from tests.fuzz.pools import SECRET

SEED = 20261125


def test_generated_inventories_and_command_lines_end_in_words():
    ends = fuzz(SEED, 800)

    assert ends["inventory"].keys() == {"taken", "refused"}
    assert ends["command line"].keys() >= {"exit 0", "exit 2", "exit 4"}
    assert sum(counted.total() for counted in ends.values()) == 800


def test_the_same_seed_makes_the_same_cases():
    first, again = ([inventories.content(random.Random(f"{n}")) for n in range(50)] for _ in "ab")

    assert first == again


def test_a_bug_is_found_and_named_by_its_number():
    def broken(chance: random.Random) -> str:
        if chance.random() < 0.1:
            raise KeyError("x")
        return "fine"

    with pytest.raises(Findings, match=r"kind \d+: KeyError"):
        run("kind", broken, SEED, range(100))


def test_a_secret_in_an_error_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(shown, "_text", lambda text, _: text)

    with pytest.raises(Findings, match=SECRET):
        run("inventory", lambda chance: inventories.attempt(tmp_path, chance), SEED, range(400))


def test_a_contact_before_an_error_of_usage_is_found(tmp_path):
    with command_lines.playground(tmp_path / "a/b") as contacts:
        with pytest.raises(Exception, match="not there"):
            contacts.refuse(HostAddress("web1", "192.0.2.1"))
        code, shown_text = command_lines.typed(("deploy", "--env", "prod", "--limit", "nobody"))

    assert contacts.count == 1
    assert code == 2
    assert "`nobody`" in shown_text


def test_every_command_and_flag_is_tried():
    typed = [command_lines.words(random.Random(n)) for n in range(4000)]
    seen = {word.partition("=")[0] for line in typed for word in line}
    wanted = {flag for flags in command_lines.flags().values() for flag in flags}

    assert seen >= {*command_lines.flags(), *wanted}
