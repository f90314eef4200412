import pytest

from deployer.api.restoring import (
    check_name,
    check_time,
    fitting_code,
    holds,
    lost,
    same_minute,
    stored,
)
from deployer.core.host_state import parse_app_state
from deployer.errors import UsageError
from tests.shop_values import OLD, app_answer, record

CREATED = 1795629659.5  # 2026-11-25 18:00:59 UTC
ANSWER = {
    "name": "shop_20261125_180059-3",
    "created": CREATED,
    "release": OLD,
    "databases": [
        {"kind": "postgres", "tables": {"a": 3, "b": 4, "c": None}, "migrations": ["shop.0001"]}
    ],
    "parts": ["database.dump", "shared.tar.gz"],
}
BACKUP = stored("web1", ANSWER)


def test_a_record_is_read_and_its_minute_is_that_of_the_list():
    assert (BACKUP.rows, BACKUP.database, BACKUP.shared) == (7, "postgres", True)
    assert BACKUP.migrations == ("shop.0001",)
    assert BACKUP.minute == "2026-11-25 18:00"


def test_a_record_of_another_form_is_an_empty_one():
    read = stored("web1", {"name": 3, "databases": {}, "parts": "all", "created": "now"})

    assert (read.rows, read.database, read.shared, read.created) == (0, "", False, 0.0)


def test_it_says_what_each_part_would_replace():
    said = "\n".join(holds(BACKUP))

    assert "--database" in said
    assert "--shared" in said
    assert "7 rows counted" in said
    assert "nothing to restore" in "\n".join(holds(stored("web1", {"name": "x"})))


@pytest.mark.parametrize(
    "text",
    ["2026-11-25 18:00", "2026-11-25T18:00", "2026-11-25 18:00:59", " 2026-11-25 18:00 UTC "],
)
def test_the_minute_of_the_backup_is_a_yes(text):
    check_time(text)

    assert same_minute(text, BACKUP)


@pytest.mark.parametrize("text", ["2026-11-25 18:01", "2026-11-24 18:00", "2025-11-25 18:00"])
def test_any_other_minute_is_a_no(text):
    check_time(text)

    assert not same_minute(text, BACKUP)


@pytest.mark.parametrize("text", ["yes", "18:00", "25.11.2026 18:00", "2026-11-25", "now\n"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError) as caught:
        check_time(text)

    assert caught.value.hint


@pytest.mark.parametrize(
    "name", ["", "shop", "shop_20261125_180059-3/..", "../x", "toys_20261125_180059-3", "latest"]
)
def test_what_is_no_name_of_a_backup_is_refused_before_a_host_is_asked(name):
    with pytest.raises(UsageError) as caught:
        check_name(name, "shop")

    assert "inv backups" in caught.value.hint


def test_the_window_of_lost_writes_is_named():
    said = lost(BACKUP, CREATED + 3 * 3600)

    assert "between 2026-11-25 18:00 UTC and now (3 h" in said
    assert "LOST" in said


def live_after(migrations: str, older: str = OLD) -> str:
    releases = [record(41, "0ddba11" + "0" * 33), record(42, "1a2b3c4" + "0" * 33)]
    releases[1]["migrations"] = migrations
    state = parse_app_state(app_answer(live="000042-1a2b3c4", releases=releases))
    return fitting_code(stored("web1", {**ANSWER, "release": older}), state)


def test_it_says_which_code_fits_the_schema_that_comes_back():
    same = fitting_code(BACKUP, parse_app_state(app_answer()))

    assert same == f"code: the live release {OLD} made this backup, so it fits its schema"
    assert "no migration was applied since" in live_after("")
    assert "no migration was applied since" in live_after("none: nothing pending")
    assert "`inv rollback --to 41`" in live_after("additive: shop.0002")
    assert "is gone from the host" in live_after("", older="000001-aaaaaaa")
