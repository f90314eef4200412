from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from deployer.api.environment import Environment
from deployer.api.place import Place
from deployer.api.request import RestoreRequest
from deployer.api.restore import ask, hosts_for, refuse_choice
from deployer.api.restoring import Stored
from deployer.errors import Declined, UsageError
from tests.shop_values import hosts_of, inventory

NAME = "shop_20261125_180059-3"
BACKUP = Stored(NAME, "web1", 1795629659.5, "000041-0ddba11", "postgres", 7)
SQLITE = {"database": {"kind": "sqlite", "path": "db.sqlite3"}}


def at(
    ask: Callable[[str], str] | None = None, count: int = 2, app: object = None, **words: object
) -> Environment:
    whole = inventory(app, hosts=hosts_of(count))  # type: ignore[arg-type]  # one of the two here
    place = Place(Path("/nowhere"), {}, StringIO(), StringIO(), ask)
    request = RestoreRequest("restore", backup=NAME, **words)  # type: ignore[arg-type]  # as above
    return Environment(place, request, whole, tuple(whole.hosts.values()), {}, lambda _: None, "r")


def never(_: str) -> str:
    raise AssertionError


def test_the_minute_of_the_backup_confirms_without_a_question():
    ask(at(never, lost_since="2026-11-25 18:00"), BACKUP)


@pytest.mark.parametrize("answer", ["shop", NAME, " shop\n"])
def test_on_a_terminal_the_name_of_the_app_or_of_the_backup_confirms(answer):
    ask(at(lambda _: answer), BACKUP)


@pytest.mark.parametrize("answer", ["", "y", "yes", "web1", "SHOP"])
def test_any_other_answer_changes_nothing(answer):
    with pytest.raises(Declined, match="nothing was changed"):
        ask(at(lambda _: answer), BACKUP)


@pytest.mark.parametrize(
    "words",
    [{"yes": True}, {}, {"lost_since": "2026-11-25 18:01"}, {"yes": True, "output": "json"}],
)
def test_yes_alone_or_another_time_is_not_enough(words):
    with pytest.raises(Declined) as caught:
        ask(at(None, **words), BACKUP)

    assert caught.value.exit_code == 2
    assert '--yes-i-lose-writes-since "2026-11-25 18:00"' in caught.value.hint


def test_a_shared_database_stops_all_hosts_and_a_local_one_its_own():
    def chosen(app: object = None, **words: object) -> list[str]:
        made = at(None, 2, app, **words)
        assert isinstance(made.request, RestoreRequest)
        return [host.name for host in hosts_for(made, made.request)]

    assert chosen(database=True) == ["web1", "web2"]
    assert chosen(database=True, host="web2") == ["web1", "web2"]
    assert chosen(SQLITE, database=True, host="web2") == ["web2"]
    assert chosen(shared=True, host="web2") == ["web2"]


@pytest.mark.parametrize(
    "words", [{"shared": True}, {"database": True, "shared": True}, {}, {"host": "web9"}]
)
def test_with_several_hosts_what_each_has_of_its_own_wants_a_host(words):
    made = at(**words)
    assert isinstance(made.request, RestoreRequest)

    with pytest.raises(UsageError) as caught:
        hosts_for(made, made.request)

    assert "web1, web2" in caught.value.hint


@pytest.mark.parametrize("words", [{}, {"shared": True}, {"database": True, "shared": True}])
def test_what_the_backup_does_not_hold_is_refused(words):
    made = RestoreRequest("restore", backup=NAME, **words)

    with pytest.raises(UsageError):
        refuse_choice(BACKUP, made, "000041-0ddba11")


def test_without_a_live_release_nobody_knows_the_database():
    with pytest.raises(UsageError, match="Nothing is live"):
        refuse_choice(BACKUP, RestoreRequest("restore", database=True), "")
