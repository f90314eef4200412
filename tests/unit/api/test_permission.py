from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from deployer.api.environment import Environment
from deployer.api.permission import ask_permission
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.errors import Declined
from tests.shop_values import hosts_of, inventory


def at(ask: Callable[[str], str] | None, *, protected: bool = True, **words: object) -> Environment:
    whole = inventory(hosts=hosts_of(2), rest={"protected": protected})
    place = Place(Path("/nowhere"), {}, StringIO(), StringIO(), ask)
    request = Request("deploy", **words)  # type: ignore[arg-type]  # words of one test each
    return Environment(place, request, whole, tuple(whole.hosts.values()), {}, lambda _: None, "r")


def nobody(_: str) -> str:
    raise EOFError


def never(_: str) -> str:
    raise AssertionError


def test_a_protected_environment_asks_for_its_name():
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return " prod\n"

    ask_permission(at(ask))

    assert asked == ["deploy shop on prod (web1, web2)? type prod: "]


@pytest.mark.parametrize("answer", ["", "y", "yes", "PROD", "prod1"])
def test_any_other_answer_is_a_no(answer):
    with pytest.raises(Declined, match="nothing was changed"):
        ask_permission(at(lambda _: answer))


def test_a_terminal_that_went_away_is_a_no():
    with pytest.raises(Declined):
        ask_permission(at(nobody))


@pytest.mark.parametrize("output", ["auto", "json"])
def test_without_anybody_to_ask_it_wants_yes(output):
    with pytest.raises(Declined) as caught:
        ask_permission(at(None if output == "auto" else never, output=output))

    assert caught.value.hint == "if you mean it, give the same command with `--yes`"
    assert caught.value.exit_code == 2


def test_yes_and_an_unprotected_environment_ask_nothing():
    ask_permission(at(never, yes=True))
    ask_permission(at(never, protected=False))
