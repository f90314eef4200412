import pytest

from deployer.core.step import Passed, Refuse
from deployer.steps.preflight import Preflight
from tests.shop_values import app_answer, facts, target

ROOM = {"free": 9 << 30, "total": 20 << 30, "inodes_free": 50_000, "inodes_total": 100_000}
DISK = {"/srv/shop": ROOM, "/opt/backups": {**ROOM, "free": 7 << 30}}
PYTHON = {"version": "3.11.2", "path": "/usr/bin/python3.11", "venv": True}


def look(
    app: object = None,
    disk: object = None,
    python: object = None,
    weights: object = None,
    runtime: str = "blue-green",
) -> object:
    answers = {
        "weights": weights or {},
        "disk": disk or DISK,
        "python:python3": PYTHON if python is None else python,
    }
    known = app_answer() if app is None else app
    assert isinstance(known, dict)
    on = target({"runtime": {"kind": "systemd", "restart": runtime}})
    return Preflight().do(on, facts(known, answers))


def test_a_host_with_room_and_an_interpreter_takes_a_deploy():
    assert look() == Passed("7 GB free, Python 3.11.2")


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        (
            {"app": {"set_up": False}},
            Refuse("`web1` was never set up for `shop`", "run `inv setup --env prod`"),
        ),
        (
            {"disk": {**DISK, "/opt/backups": {**ROOM, "free": 5 << 20}}},
            Refuse(
                "`/opt/backups` has 5 MB free, a deploy needs 64 MB: 64 MB to spare",
                "make room on `web1`, or run `inv prune --env prod`",
            ),
        ),
        (
            {"disk": {**DISK, "/srv/shop": {**ROOM, "inodes_free": 9}}},
            Refuse(
                "`/srv/shop` has 9 inodes free, a deploy needs 10000",
                "remove small files on `web1`, or run `inv prune --env prod`",
            ),
        ),
        (
            {"python": {}},
            Refuse(
                "`web1` has no interpreter `python3`",
                "install it, or set `app.python` in the inventory",
            ),
        ),
        (
            {"python": {**PYTHON, "venv": False}},
            Refuse(
                "`python3` on `web1` cannot make virtual environments",
                "run `inv setup --env prod`, which installs python3-venv",
            ),
        ),
    ],
)
def test_a_host_that_cannot_take_one_refuses_with_the_next_step(answers, refusal):
    assert look(**answers) == refusal


def test_a_small_room_is_told_in_megabytes():
    few = {place: {**room, "free": 700 << 20} for place, room in DISK.items()}

    assert look(disk=few) == Passed("700 MB free, Python 3.11.2")


def test_a_file_system_that_counts_no_inodes_has_enough():
    counted = {place: {**room, "inodes_free": 0, "inodes_total": 0} for place, room in DISK.items()}

    assert look(disk=counted) == Passed("7 GB free, Python 3.11.2")


def test_where_nothing_is_built_only_the_setup_counts():
    preflight = Preflight(builds=False)

    assert [fact.key for fact in preflight.facts(target())] == ["app"]
    assert preflight.do(target(), facts()) == Passed("set up; nothing is to be built")
    assert isinstance(preflight.do(target(), facts({"set_up": False})), Refuse)


def test_looking_has_nothing_to_undo():
    assert Preflight().undo(target(), facts()) == ()


def test_a_second_release_needs_memory_beside_the_live_one():
    short = {"memory_free": 131 << 20, "live_memory": 100 << 20}

    assert look(weights=short) == Refuse(
        "`web1` has 131 MB of memory free, and a second release beside the live one needs 132 MB",
        "set `runtime.restart` to `socket`, which needs room for one release only, or take fewer "
        "`app_server.workers`",
    )
    assert isinstance(look(weights={**short, "memory_free": 132 << 20}), Passed)


@pytest.mark.parametrize("kind", ["socket", "plain"])
def test_one_that_takes_the_place_of_the_old_one_needs_no_more_memory(kind):
    short = {"memory_free": 1 << 20, "live_memory": 100 << 20}

    assert isinstance(look(weights=short, runtime=kind), Passed)


def test_what_is_still_warm_is_stopped_before_and_makes_room():
    warm = {"memory_free": 32 << 20, "live_memory": 100 << 20, "idle_memory": 100 << 20}

    assert isinstance(look(weights=warm), Passed)
