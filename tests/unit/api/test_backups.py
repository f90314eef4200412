import pytest

from deployer.api.backups import backups
from deployer.api.numbers import age_text, length_of_time
from deployer.api.request import BackupsRequest
from deployer.errors import UsageError
from tests.unit.api.readers import asked

HOUR = 3600.0
SQLITE = {"database": {"kind": "sqlite", "path": "db.sqlite3"}}
DUMP = [{"kind": "postgres", "name": "shop"}]


def backup(age: float, number: int = 1, **more: object) -> dict[str, object]:
    return {
        "name": f"shop_20261121_134509-{number}",
        "created": 0.0,
        "age": age * HOUR,
        "size": 7_000_000,
        "verified": True,
        "problem": "",
        "databases": DUMP,
        **more,
    }


def alarm(*hosts: list[dict[str, object]], age: str = "26h") -> int:
    question = backups(BackupsRequest("backups", max_age=age))
    return question(asked(*({"backups": one} for one in hosts))).code


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ([backup(1)], 0),
        ([backup(25.9)], 0),
        ([backup(26.1)], 3),
        ([], 3),
        ([backup(50), backup(1, 2)], 0),
        ([backup(1, verified=False)], 3),
        ([backup(1, databases=[])], 3),
    ],
)
def test_the_alarm_rings_when_no_verified_backup_with_its_database_is_young(listed, code):
    assert alarm(listed) == code


def test_each_host_has_to_have_one_but_only_the_leader_one_with_the_database():
    files_only = [backup(1, databases=[])]

    assert alarm([backup(1)], files_only) == 0
    assert alarm([backup(1)], [backup(30, databases=[])]) == 3
    assert alarm(files_only, [backup(1)]) == 3


def test_every_host_has_its_own_local_database():
    question = backups(BackupsRequest("backups", max_age="26h"))
    hosts = asked({"backups": [backup(1)]}, {"backups": [backup(1, databases=[])]}, app=SQLITE)

    assert question(hosts).code == 3


def proven(problems: list[str]) -> tuple[int, dict[str, object]]:
    known = {
        "backups": [backup(1)],
        "proof of shop_20261121_134509-1": {"problems": problems, "seconds": 0.1},
    }
    told = backups(BackupsRequest("backups", verify=True))(asked(known))
    return told.code, dict(told.rows[0])


def test_a_damaged_backup_is_a_3_and_says_why():
    assert proven([])[0] == 0
    code, row = proven(["`code.tar.gz` has another sha256 than was written"])

    assert (code, row["verified"]) == (3, False)
    assert row["problem"] == "`code.tar.gz` has another sha256 than was written"


def test_a_row_says_age_size_database_and_where_the_copy_is():
    copied = [{"to": "backup@vault:/srv", "when": 1.0}]
    question = backups(BackupsRequest("backups"))

    (row,) = question(asked({"backups": [backup(3, copied_to=copied)]})).rows

    shown = [row[key] for key in ("age", "mb", "database", "copied")]
    assert shown == ["3 h", 7.0, "postgres", "backup@vault:/srv"]


def test_a_backup_that_no_host_has_is_a_usage_error():
    with pytest.raises(UsageError, match="No host has a backup `x`"):
        backups(BackupsRequest("backups", backup="x"))(asked({"backups": [backup(1)]}))


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 0), ("90m", 5400), ("26h", 93600), ("2d", 172800)]
)
def test_a_length_of_time_is_read(text, seconds):
    assert length_of_time(text, "--max-age") == seconds


@pytest.mark.parametrize("text", ["26", "h", "-1h", "26 h", "0h", "1w", "1e3h", "26h\n"])
def test_other_texts_are_no_lengths_of_time(text):
    with pytest.raises(UsageError, match="no length of time"):
        length_of_time(text, "--max-age")


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (180, "3 min"), (7200, "2 h"), (400_000, "5 d")]
)
def test_an_age_is_said_in_its_largest_fitting_unit(seconds, text):
    assert age_text(seconds) == text
