import pytest

from deployer.core.app import Health
from deployer.core.health import judge
from deployer.core.outside import Door, Inside, Seen, inside, verdict
from tests.shop_values import RELEASE, inventory

DOOR = Door("http://127.0.0.1:80", "shop.example.org", "/healthz", (200, 204))
GONE = Seen(problem="port 80: it refuses connections")


@pytest.mark.parametrize("before", [None, Seen(200), Seen(500), GONE])
@pytest.mark.parametrize("status", [200, 204])
def test_a_good_answer_is_good_whatever_was_before(before, status):
    assert verdict(before, Seen(status), DOOR) == ("", "")


@pytest.mark.parametrize("before", [None, Seen(200), Seen(500)])
def test_no_answer_is_wrong_where_there_was_one(before):
    wrong, notice = verdict(before, GONE, DOOR)

    assert wrong == ("`/healthz` cannot be reached from outside: port 80: it refuses connections")
    assert notice == ""


def test_no_answer_as_before_is_only_told():
    wrong, notice = verdict(Seen(problem="a firewall"), GONE, DOOR)

    assert wrong == ""
    assert "cannot be reached from this machine" in notice
    assert "as before" in notice


def test_another_status_is_wrong():
    assert verdict(Seen(200), Seen(404), DOOR)[0] == (
        "`/healthz` answered 404 from outside, not 200 or 204"
    )
    assert verdict(GONE, Seen(404), DOOR)[0]
    assert verdict(None, Seen(404), DOOR)[0]


def test_the_same_other_status_as_before_is_only_told():
    assert verdict(Seen(403), Seen(403), DOOR) == (
        "",
        "answered 403 to this machine, as before",
    )


def ask(answer):
    app = inventory().app
    return inside(judge(app, RELEASE.id, "blue", settle=0.0, through_front=True)).parse(answer)


def test_what_the_host_asked_its_front_is_the_door_to_knock_at():
    asked = {
        "path": "/healthz",
        "host": "shop.example.org",
        "front": "http://127.0.0.1:80",
        "expect_status": [200, 204],
    }

    assert ask({"healthy": True, "asked": asked}) == Inside(healthy=True, door=DOOR)


@pytest.mark.parametrize("asked", [None, {}, {"path": "/", "front": ""}])
def test_without_a_front_there_is_no_door(asked):
    assert ask({"healthy": True, "asked": asked}).door is None


def test_what_is_wrong_inside_is_told():
    assert ask({"healthy": False, "cause": "it answers 500"}).cause == "it answers 500"
    assert ask({"error": "no such fact"}) == Inside(healthy=False, cause="no such fact")


@pytest.mark.parametrize("deadline", ["1s", 1, "31m"])
def test_a_deadline_that_no_confirm_can_keep_is_refused(deadline):
    with pytest.raises(ValueError, match="from 2s to 30m"):
        Health.model_validate({"confirm": {"deadline": deadline}})


def test_a_confirm_has_defaults_that_work_anywhere():
    confirm = Health().confirm

    assert (confirm.deadline, confirm.outside) == (60.0, "auto")
