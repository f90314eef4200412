from deployer.core.actions.files import Install, Link, Put, PutBack
from deployer.core.actions.web_server import Balance as LeaveOut
from deployer.core.actions.web_server import ReloadWebServer, TestSites
from deployer.core.balance import BY_HAND
from deployer.core.rendered import RenderedFile
from deployer.core.step import LiveFile, Refuse, Skip, Target
from deployer.steps.balance import Balance, ConfigureBalancer, KeepOut
from tests.shop_values import RELEASE, Section, facts, inventory

HOSTS_FILE = "/etc/nginx/snippets/shop-hosts.conf"
SITE_FILE = "/etc/nginx/sites-available/shop.conf"
WAITING = "/srv/shop/run/balancer"
CLOSING = "/srv/shop/run/closing"
RELOAD = ReloadWebServer(closing=CLOSING)
LINK = ("/etc/nginx/sites-enabled/shop.conf", SITE_FILE)


def on() -> Target:
    hosts: dict[str, Section] = {
        "web1": {"address": "192.0.2.1"},
        "web2": {"address": "192.0.2.2"},
        "lb1": {"address": "192.0.2.9", "roles": ["balancer"]},
    }
    whole = inventory(hosts=hosts, rest={"balancer": {"kind": "nginx", "drain": "7s"}})
    files = tuple(RenderedFile("", path, path.encode()) for path in (HOSTS_FILE, SITE_FILE))
    live = (LiveFile(HOSTS_FILE, "hosts-sha"), LiveFile(SITE_FILE, "site-sha"))
    return Target(whole, whole.hosts["lb1"], RELEASE, leader=True, files=files, live_files=live)


def known(sha="hosts-sha", site="site-sha", **down):
    servers = [{"host": host, "down": why} for host, why in down.items()]
    return facts(
        **{
            "balance": {"sha256": sha, "servers": servers},
            "balancer files": {SITE_FILE: {"sha256": site}, HOSTS_FILE: {"sha256": "any"}},
        }
    )


def test_files_are_tested_before_nginx_reads_them():
    work = ConfigureBalancer().do(on(), facts())
    assert isinstance(work, tuple)
    *puts, test = work

    assert [put.path for put in puts if isinstance(put, Put)] == [
        WAITING + HOSTS_FILE,
        WAITING + SITE_FILE,
    ]
    assert test == TestSites(
        ((WAITING + HOSTS_FILE, HOSTS_FILE), (WAITING + SITE_FILE, SITE_FILE)), (LINK,)
    )


def test_a_host_is_left_out_and_its_requests_get_their_time():
    work = Balance("drain", {"web2": BY_HAND}, by_hand=True).do(on(), known(web1="", web2=""))

    assert work == (
        Link(*LINK),
        LeaveOut(HOSTS_FILE, (("web2", BY_HAND),), drain=7.0, closing=CLOSING),
    )


def test_who_is_taken_in_again_is_not_waited_for():
    work = Balance("undrain", {}, ["web2"], by_hand=True).do(on(), known(web1="", web2=BY_HAND))

    assert work == (Link(*LINK), LeaveOut(HOSTS_FILE, (), closing=CLOSING))


def test_others_that_were_left_out_by_hand_stay_out():
    work = Balance("undrain", {}, ["web2"], by_hand=True).do(
        on(), known(web1=BY_HAND, web2="in a run")
    )

    assert isinstance(work, tuple)
    assert work[-1] == LeaveOut(HOSTS_FILE, (("web1", BY_HAND),), closing=CLOSING)


def test_nothing_is_done_twice():
    assert isinstance(
        Balance("undrain", {}, ["web2"], by_hand=True).do(on(), known(web1="", web2="")), Skip
    )


def test_a_changed_site_goes_live_by_the_way_and_a_new_host_waits_for_its_proof():
    work = Balance("undrain", {}).do(on(), known(sha="old", site="old", web1=""))

    assert work == (
        Install(WAITING + SITE_FILE, SITE_FILE),
        Link(*LINK),
        LeaveOut(HOSTS_FILE, (("web2", "new"),), source=WAITING + HOSTS_FILE, closing=CLOSING),
    )


def test_everything_can_be_put_back():
    undo = Balance("drain", {"web2": BY_HAND}).undo(on(), known())

    assert undo == (PutBack(LINK[0]), PutBack(HOSTS_FILE), PutBack(SITE_FILE), RELOAD)


def test_a_run_leaves_out_who_gets_requests_and_takes_in_who_was_not_left_out_by_hand():
    state = known(web1="", web2=BY_HAND)

    assert isinstance(Balance("drain", {"web2": "in a run"}).do(on(), state), Skip)
    assert isinstance(Balance("undrain", {}, ["web2"]).do(on(), state), Skip)


def test_what_is_broken_at_the_end_of_a_run_is_left_out_for_that_reason():
    end = Balance("undrain", {"web2": "not put back"}, ["web1"])

    for why in ("", "in a run"):
        work = end.do(on(), known(web1="", web2=why))
        assert isinstance(work, tuple)
        change = work[-1]
        assert isinstance(change, LeaveOut)
        assert change.down == (("web2", "not put back"),)


def test_hosts_that_shall_be_replaced_serve_until_the_new_ones_have_proved_themselves():
    before = known(sha="old", old1="", old2="")

    first = Balance("drain", {"web1": "in a run"}).do(on(), before)
    then = Balance("undrain", {}, ["web1"]).do(on(), before)

    assert isinstance(first, Skip)
    assert isinstance(then, tuple)
    change = then[-1]
    assert isinstance(change, LeaveOut)
    assert change.down == (("web2", "new"),)


def test_the_last_one_that_gets_requests_is_not_left_out_and_that_is_said():
    work = Balance("drain", {"web1": "in a run"}).do(on(), known(web1="", web2=BY_HAND))

    assert isinstance(work, Skip)
    (notice,) = work.notices
    assert notice.text.startswith("web1 is not left out")


def test_only_the_first_change_of_a_run_is_undone():
    assert Balance("undrain", {}, undoes=False).undo(on(), known()) == ()


def test_what_could_not_be_put_back_stays_out_when_all_else_goes_back():
    before = {"sha256": "x", "servers": [{"host": "web1"}, {"host": "web2"}]}

    work = KeepOut(["web2"]).do(on(), facts(**{"balance before": before}))

    assert work == (
        PutBack(LINK[0]),
        PutBack(HOSTS_FILE),
        PutBack(SITE_FILE),
        LeaveOut(HOSTS_FILE, (("web2", "not put back"),), closing=CLOSING),
    )


def test_with_nobody_left_to_serve_all_get_requests():
    before = {"sha256": "x", "servers": [{"host": "web1"}]}

    assert isinstance(KeepOut(["web1"]).do(on(), facts(**{"balance before": before})), Refuse)
