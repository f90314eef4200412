import pytest

from deployer.api.answering import worst
from deployer.api.backups import backups
from deployer.api.check import check
from deployer.api.health import health
from deployer.api.history import history
from deployer.api.releases import releases
from deployer.api.request import BackupsRequest, HistoryRequest
from deployer.api.status import status
from tests.unit.api.readers import LIVE, RECORD, asked, serving

NEWER = [RECORD, {**RECORD, "id": "000002-bbbbbbb", "number": 2}]
DOWN = {"blue": {"release": LIVE, "active": "failed"}}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [((), 0), ((0, 4), 4), ((4, 9), 4), ((8, 7), 7), ((4, 8), 8), ((3, 0), 3), ((1, 7), 1)],
)
def test_the_exit_code_is_the_one_that_matters_most(codes, expected):
    assert worst(codes) == expected


@pytest.mark.parametrize(
    ("apps", "code"),
    [
        ((serving(), serving()), 0),
        ((serving(), None), 0),
        ((serving(), serving(live="000002-bbbbbbb", releases=NEWER)), 8),
        ((serving(), serving(colours=DOWN)), 7),
        ((serving(colours=DOWN), serving(live="000002-bbbbbbb")), 7),
        ((serving(open_run={"run": "r1"}), serving()), 7),
        ((serving(open_run={"run": "r1"}, locked_by={"actor": "ann"}), serving()), 0),
        (({"set_up": False},), 0),
    ],
)
def test_status_says_with_its_code_how_the_fleet_is(apps, code):
    hosts = asked(*(app and {"app": app} for app in apps))

    assert status(hosts).code == code


BROKEN = {"run": "r7", "command": "deploy", "release": "000009-ccccccc", "cause": "no link"}


def test_a_host_that_could_not_be_put_back_cannot_be_missed():
    shown = status(asked({"app": serving(broken=BROKEN)}))

    (row,) = shown.rows
    first, *steps = str(row["note"]).splitlines()
    assert (shown.code, row["state"]) == (7, "ROLLBACK FAILED")
    assert first == (
        "ROLLBACK FAILED: deploy 000009-ccccccc (run `r7`) could not be put back: no link"
    )
    assert [line[:2] for line in steps[1:]] == ["1.", "2.", "3.", "4.", "  "]
    assert any("inv rollback --env prod --limit web1" in line for line in steps)


def test_a_damaged_live_release_is_told_with_what_to_do():
    shown = status(asked({"app": serving(), "damage": {LIVE: "`a.py` has 0 bytes"}}))

    (row,) = shown.rows
    assert (shown.code, row["state"]) == (7, "DAMAGED")
    assert "the live release is damaged: `a.py` has 0 bytes" in str(row["note"])
    assert "inv rollback" in str(row["note"])


def test_a_host_that_left_a_damaged_release_by_itself_says_so_and_is_well():
    shown = status(asked({"app": serving(fallback={"since": "noon", "cause": "it is damaged"})}))

    (row,) = shown.rows
    assert shown.code == 0
    assert "left a damaged release by itself: since noon, cause it is damaged" in str(row["note"])


def test_an_unreachable_host_is_a_row_and_a_4():
    hosts = asked({"app": serving()}, None)

    shown = status(hosts)

    assert [(row["host"], row["state"]) for row in shown.rows] == [
        ("web1", "good"),
        ("web2", "unknown"),
    ]
    assert hosts.code == 4


def test_status_names_the_release_that_is_still_warm():
    colours = {
        "blue": {"release": LIVE, "active": "active"},
        "green": {"release": "000000-0000000", "active": "active"},
    }

    (row,) = status(asked({"app": serving(colours=colours)})).rows

    assert (row["live"], row["colour"], row["warm"]) == (LIVE, "blue", "000000-0000000")


def test_releases_are_listed_newest_first_and_the_live_one_is_marked():
    bad = {**RECORD, "id": "000002-bbbbbbb", "number": 2, "state": "rolled-back"}

    shown = releases(asked({"app": serving(releases=[RECORD, bad])}))

    assert [(row["release"], row["live"], row["state"]) for row in shown.rows] == [
        ("000002-bbbbbbb", "", "rolled-back"),
        (LIVE, "live", "good"),
    ]


def test_history_shows_the_last_runs():
    runs = [{"command": "deploy", "id": f"r{n}"} for n in range(5)]
    question = history(HistoryRequest("history", last="2"))

    shown = question(asked({"journal": runs}))

    assert [row["id"] for row in shown.rows] == ["r3", "r4"]


@pytest.mark.parametrize(
    ("socket", "front", "code"), [(True, True, 0), (True, False, 7), (False, True, 7)]
)
def test_health_is_asked_by_itself_and_through_the_web_server(socket, front, code):
    answers = {
        "app": serving(),
        "health:socket": {"healthy": socket, "cause": ""},
        "health:front": {"healthy": front, "cause": "it answers 502"},
    }

    shown = health(asked(answers))

    assert shown.code == code
    assert [row["healthy"] for row in shown.rows] == [socket, front]


def test_a_host_that_serves_nothing_is_not_healthy():
    assert health(asked({"app": serving(live="")})).code == 7


def test_backups_show_when_they_were_made():
    listed = [{"name": "shop_20261121_134509-1", "created": 0.0, "size": 7, "verified": True}]

    (row,) = backups(BackupsRequest("backups"))(asked({"backups": listed})).rows

    assert (row["name"], row["created"]) == ("shop_20261121_134509-1", "1970-01-01 00:00:00")


ROOM = {"free": 1 << 40, "total": 1 << 41, "inodes_free": 1 << 20, "inodes_total": 1 << 21}
GOOD = {
    "app": serving(),
    "disk": {"/srv/shop": ROOM},
    "python:python3": {"version": "3.11.2", "path": "/usr/bin/python3", "venv": True},
    "tools": dict.fromkeys(("git", "nginx", "psql", "pg_dump", "pg_restore", "uv"), "1.0"),
    "web_server": {"ok": True, "output": ""},
    "foreign": {"sites": [], "units": [], "listening": [80]},
    "remote_revision": "a" * 40,
    "deploy_key": {},
}


def now(hosts, **changes):
    seconds = hosts.at.place.clock.now().timestamp()
    return {"now": seconds, **changes}


def checked(**changes: object):
    answers: dict[str, object] = {**GOOD, **changes}
    hosts = asked(answers)
    answers.setdefault("host", now(hosts))
    shown = check(hosts)
    return shown.code, {row["check"]: (row["result"], row["text"]) for row in shown.rows}


def test_a_host_on_which_all_is_well_passes_every_check():
    code, found = checked()

    assert code == 0
    assert {result for result, _ in found.values()} == {"ok"}
    assert set(found) == {
        "connect", "set up", "recovery", "live release", "disk", "python", "tools", "clock",
        "nginx", "neighbours", "repository",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("set up", {"app": {"set_up": False}}, "never set up"),
        ("live release", {"damage": {LIVE: "`a.py` has 0 bytes"}}, "`a.py` has 0 bytes"),
        ("disk", {"disk": {"/srv/shop": {**ROOM, "free": 1 << 20}}}, "1 MB free"),
        ("python", {"python:python3": {}}, "there is no `python3`"),
        ("python", {"python:python3": {"version": "3.11"}}, "no virtual environments"),
        ("tools", {"tools": {"nginx": "1.22"}}, "missing: git, psql, pg_dump, pg_restore"),
        ("nginx", {"web_server": {"ok": False, "output": "[emerg] x\ny"}}, "[emerg] x"),
        ("nginx", {"web_server": {"error": "it takes too long"}}, "it takes too long"),
        (
            "neighbours",
            {"foreign": {"sites": [{"file": "/etc/nginx/a", "server_name": "b"}]}},
            "`/etc/nginx/a` already serves `b`",
        ),
        ("neighbours", {"foreign": {"units": ["shop@.service"]}}, "`shop@.service` is not ours"),
        ("repository", {"remote_revision": ""}, "has no `main`"),
        ("repository", {"remote_revision": {"error": "Permission denied"}}, "Permission denied"),
    ],
)
def test_what_would_fail_a_deploy_is_an_error_and_a_9(name, changes, said):
    code, found = checked(**changes)

    assert code == 9
    assert found[name][0] == "error"
    assert said in found[name][1]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("clock", {"host": {"now": 0.0}}),
        ("recovery", {"app": serving(open_run={"run": "r1"})}),
        ("recovery", {"app": serving(hold={"by": "ann"})}),
        ("disk", {"disk": {"/srv/shop": {**ROOM, "free": 500 << 20}}}),
    ],
)
def test_what_only_deserves_a_look_is_a_warning(name, changes):
    code, found = checked(**changes)

    assert code == 0
    assert found[name][0] == "warning"


def test_the_deploy_key_is_shown_to_who_must_allow_it():
    key = {"/srv/shop/.ssh/id_ed25519.pub": "ssh-ed25519 AAAA shop@web1\n"}
    answers = {**GOOD, "remote_revision": {"error": "denied"}, "deploy_key": key, "host": {}}

    shown = check(asked(answers))

    (row,) = (row for row in shown.rows if row["check"] == "repository")
    assert row["hint"] == "let the forge trust this key: ssh-ed25519 AAAA shop@web1"


def test_a_host_that_is_not_reached_is_an_error_with_its_hint():
    shown = check(asked(None))

    (row,) = shown.rows
    assert (row["check"], row["result"], row["hint"]) == ("connect", "error", "Plug it in.")
