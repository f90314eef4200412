from deployer.core.actions.files import Put, PutBack, Unlink
from deployer.core.actions.web_server import CheckMaintenance
from deployer.steps.maintenance import Maintenance
from tests.shop_values import facts, target

PAGE = "/srv/shop/run/maintenance.html"


def actions(step):
    work = step.do(target(), facts())
    assert isinstance(work, tuple)
    return work


def test_the_page_is_written_and_then_seen():
    write, check = actions(Maintenance(b"back soon"))

    assert write == Put(PAGE, b"back soon")
    assert isinstance(check, CheckMaintenance)
    assert check.is_on


def test_without_a_page_it_is_removed_and_users_must_get_in():
    remove, check = actions(Maintenance())

    assert remove == Unlink(PAGE)
    assert isinstance(check, CheckMaintenance)
    assert not check.is_on


def test_what_was_there_before_comes_back():
    assert Maintenance(b"x").undo(target(), facts()) == (PutBack(PAGE),)
