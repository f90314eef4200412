"""Three web hosts behind a balancer: whatever is done to one of them, no request is lost."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.lab.outside import live
from tests.lab.project import INV, Project
from tests.lab.streams import NAME, Long, Users, events, streams, talk, told, upload

PROJECT = Path(__file__).parents[2]
HOSTS_FILE = "/etc/nginx/snippets/streams-hosts.conf"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(f"balancer-{os.getpid()}", project=PROJECT) as made:
        made.up(5)
        yield made


@pytest.fixture(scope="module")
def project(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("balancer")
    made = Project(folder / "project", lab.hosts[:4], streams(folder / "app"))
    made.section("hosts", lab.hosts[3].name)["roles"] = ["balancer"]
    made.inventory["balancer"] = {"kind": "nginx", "drain": "20s"}
    made.write()
    made.must("setup")
    made.must("deploy")
    return made


@pytest.fixture
def balancer(project: Project) -> LabHost:
    return project.hosts[3]


@contextmanager
def users_of(balancer: LabHost) -> Iterator[list[Users]]:
    """Users that keep their connections, and users that do not; they must all be served."""
    with (
        Users(balancer.address, keep_alive=True) as keeping,
        Users(balancer.address, keep_alive=False) as closing,
    ):
        yield [keeping, closing]
    assert [one.failed for one in (keeping, closing)] == [{}, {}]
    assert min(one.counts["ok"] for one in (keeping, closing)) > 50


def left_out(balancer: LabHost) -> list[str]:
    """The lines of the balancer's file that say `down`, from the name on."""
    done = balancer.run(f"sed -n 's/.* down; # //p' {HOSTS_FILE}")
    return done.stdout.splitlines()


def nginx_of(balancer: LabHost) -> str:
    return balancer.run("systemctl show -P MainPID nginx").stdout


def test_the_app_hears_who_its_users_are_and_strangers_are_not_believed(project, balancer):
    web = project.hosts[0]
    lies = {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "https"}
    through = told(balancer.address, headers=lies)
    direct = told(web.address, headers=lies)

    assert through["client"] == direct["client"] != "9.9.9.9"
    assert (through["scheme"], direct["scheme"]) == ("http", "http")
    assert through["name"] == NAME


def test_a_host_can_be_drained_and_stopped_and_nobody_notices(project, balancer):
    before = nginx_of(balancer)
    address = balancer.address
    with users_of(balancer) as users:
        slow = Long(lambda: told(address, "/?seconds=5"))
        sent = Long(lambda: upload(address, pieces=10, pause=0.5))
        heard = Long(lambda: events(address, count=10, pause=0.5))
        talked = Long(lambda: talk(address, count=10, pause=0.5))
        Event().wait(1)
        for host in project.hosts[:3]:
            done = project.must("drain", "--host", host.name)
            assert f"{host.name} gets no requests until `inv undrain`" in done
            host.run("systemctl kill --signal=KILL nginx; systemctl stop nginx")
            asked = sum(one.hosts[host.name] for one in users)
            Event().wait(0.5)
            assert sum(one.hosts[host.name] for one in users) == asked, "it got requests"
            host.run("systemctl start nginx")
            assert left_out(balancer) == [f"{host.name} (by hand)"]
            project.must("undrain", "--host", host.name)

    assert slow.ended
    assert int(sent.ended["got"]) == 10_000
    assert len(heard.ended) == 10
    assert heard.ended[0][1] < 2, "the balancer kept it back"
    assert len(talked.ended) == 10
    assert all(one.hosts[host.name] for one in users for host in project.hosts[:3])
    assert nginx_of(balancer) == before, "nginx was restarted"
    assert left_out(balancer) == []


def test_the_last_host_is_not_drained_and_status_says_who_is_out(project, balancer):
    web1, web2, web3 = (host.name for host in project.hosts[:3])
    for name in (web2, web3):
        project.must("drain", "--host", name)

    last = project.inv("drain", "--host", web1)
    status = project.inv("status")
    checked = project.inv("check", "--limit", balancer.name)
    for name in (web2, web3):
        project.must("undrain", "--host", name)

    assert last.returncode == 9, last.stdout + last.stderr
    assert "no other host" in last.stderr
    assert status.returncode == 0
    assert f"sends requests to {web1}; {web2} is left out (by hand)" in status.stdout
    assert checked.returncode == 0, checked.stdout
    assert "left out" in checked.stdout


def test_a_site_of_another_that_is_broken_stops_a_drain_before_it_begins(project, balancer):
    balancer.run("echo 'nonsense;' > /etc/nginx/sites-enabled/other.conf")

    done = project.inv("drain", "--host", project.hosts[1].name)

    balancer.run("rm /etc/nginx/sites-enabled/other.conf")
    assert done.returncode == 9, done.stdout
    assert "other.conf" in done.stdout
    assert left_out(balancer) == []
    assert told(balancer.address)


def waits_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come in time"
        Event().wait(0.2)


def test_deploys_good_and_bad_and_a_rollback_lose_nothing(project, balancer):
    address = balancer.address
    before = nginx_of(balancer)
    with users_of(balancer) as users:
        slow = Long(lambda: told(address, "/?seconds=5"))
        sent = Long(lambda: upload(address, pieces=10, pause=0.5))
        heard = Long(lambda: events(address, count=10, pause=0.5))
        talked = Long(lambda: talk(address, count=10, pause=0.5))
        Event().wait(1)
        code, said = project.events("deploy", "--revision", "next")
        assert code == 0, said[-1]
        planned = project.inv("plan", "--revision", "sick")
        bad = project.inv("deploy", "--revision", "sick")
        assert bad.returncode == 6, bad.stdout + bad.stderr
        assert left_out(balancer) == []
        project.must("rollback")

    assert f"{balancer.name} leaves each batch out while it switches" in planned.stdout
    drained = [one["host"] for one in said if one["event"] == "StepFinished"]
    steps = [one["step"] for one in said if one["event"] == "StepFinished"]
    around = [step for step in steps if step in ("drain", "activate", "undrain")]
    assert around == ["drain", "activate", "undrain"] * 3
    assert balancer.name in drained
    assert slow.ended["release"].startswith("000001")
    assert int(sent.ended["got"]) == 10_000
    assert (len(heard.ended), len(talked.ended)) == (10, 10)
    assert all(one.hosts[host.name] for one in users for host in project.hosts[:3])
    assert nginx_of(balancer) == before


def test_a_balancer_whose_controller_was_killed_takes_all_hosts_in_again_by_itself(
    project, balancer
):
    with users_of(balancer):
        slow = [Long(lambda: told(balancer.address, "/?seconds=8")) for _ in range(3)]
        Event().wait(0.5)
        words = [INV, "deploy", "--force", "--unfreeze", "--env", "lab"]
        run = subprocess.Popen(
            words, cwd=project.folder, env=project.environ, stdout=subprocess.DEVNULL
        )
        waits_for(lambda: left_out(balancer))
        run.kill()
        run.wait()
        waits_for(lambda: not left_out(balancer))
        assert all(one.ended for one in slow)

    waits_for(lambda: "at work" not in project.inv("status").stdout)
    assert project.inv("status").returncode == 0


def test_a_balancer_whose_agent_was_killed_goes_back_and_the_run_with_it(project, balancer):
    before = live(project.hosts[0], "streams")
    with users_of(balancer):
        run = project.started("deploy", "--force", "--unfreeze")
        waits_for(lambda: left_out(balancer))
        balancer.run("systemctl kill --signal=KILL --kill-who=all 'deployer-streams-2*'")
        said, _ = run.communicate(timeout=120)

    assert run.returncode == 6, said
    assert left_out(balancer) == []
    assert [live(host, "streams") for host in project.hosts[:3]] == [before] * 3
    assert project.inv("status").returncode == 0


def test_a_balancer_that_was_down_is_up_again_and_asks_nobody_to_go_away(project, balancer):
    closing = "/srv/streams/run/closing"
    balancer.run(f"systemctl kill --signal=KILL nginx; systemctl stop nginx; touch {closing}")

    project.must("drain", "--host", project.hosts[1].name)
    project.must("undrain", "--host", project.hosts[1].name)

    assert told(balancer.address)
    assert balancer.run(f"ls {closing}").returncode != 0


def test_one_left_out_by_hand_stays_out_when_it_is_deployed_to(project, balancer):
    web2 = project.hosts[1].name
    project.must("drain", "--host", web2)

    with users_of(balancer) as users:
        project.must("deploy", "--revision", "next", "--unfreeze", "--force")

    assert left_out(balancer) == [f"{web2} (by hand)"]
    assert not any(one.hosts[web2] for one in users)
    project.must("undrain", "--host", web2)


def test_a_change_of_the_balancer_alone_goes_live_by_a_deploy_that_has_nothing_else_to_do(
    project, balancer
):
    project.section("hosts", project.hosts[0].name)["balance"] = {"weight": 3}
    project.write()

    with users_of(balancer):
        changed = project.must("deploy", "--revision", "next")
    again = project.must("deploy", "--revision", "next")

    assert "already live" in changed
    assert "balance" in changed
    assert "weight=3" in balancer.run(f"cat {HOSTS_FILE}").stdout
    assert "balance" not in again


def test_a_new_host_gets_requests_and_takes_the_place_of_others_when_it_has_proved_itself(
    project, balancer, lab
):
    new = lab.hosts[4]
    project.section("hosts")[new.name] = {
        "address": new.address,
        "host_keys": list(new.host_keys),
    }
    project.write()
    project.must("setup", "--limit", new.name)

    bad = project.inv("deploy", "--revision", "sick", "--force", "--unfreeze")
    unknown = new.name not in balancer.run(f"cat {HOSTS_FILE}").stdout
    others = [project.section("hosts").pop(host.name) for host in project.hosts[:3]]
    project.write()
    with users_of(balancer) as users:
        project.must("deploy", "--revision", "next", "--force", "--unfreeze")
        waits_for(lambda: all(one.hosts[new.name] for one in users))
    alone = balancer.run(f"grep -c weight= {HOSTS_FILE}").stdout.strip()
    for host, section in zip(project.hosts[:3], others, strict=True):
        project.section("hosts")[host.name] = section
    project.write()
    project.must("deploy", "--revision", "next", "--force", "--unfreeze")

    assert bad.returncode == 6, bad.stdout
    assert alone == "1"
    assert unknown, "the site of a failed deploy stayed"
    assert left_out(balancer) == []


def test_one_batch_of_all_hosts_is_refused(project):
    project.section("rollout")["batches"] = ["100%"]
    project.write()

    done = project.inv("deploy")

    project.section("rollout").pop("batches")
    project.write()
    assert done.returncode == 2
    assert "all web hosts" in done.stderr


HOOK = """#!/bin/sh
echo "$1 $DEPLOYER_ACTION $DEPLOYER_HOST $DEPLOYER_ADDRESS" >> hooks.log
if [ "$1" = out ] && [ -e "refuse-$DEPLOYER_HOST" ]; then echo "no such pool"; exit 3; fi
if [ "$1" = out ] && [ -e slow ]; then sleep 3; fi
"""


@pytest.fixture(scope="module")
def hooked(project: Project) -> Project:
    """The same hosts behind a balancer of others: hooks that write down what they are told."""
    web = [host.name for host in project.hosts[:3]]
    sections = project.section("hosts")
    for name in [one for one in sections if one not in web]:
        del sections[name]
    (project.folder / "tell").write_text(HOOK)
    (project.folder / "tell").chmod(0o755)
    hooks = {"kind": "hooks", "drain": ["./tell", "out"], "undrain": ["./tell", "in"]}
    project.inventory["balancer"] = hooks
    project.write()
    return project


AGAIN = ("deploy", "--revision", "next", "--force", "--unfreeze")


def told_of(project: Project) -> list[str]:
    """What the hooks were told since the last look."""
    log = project.folder / "hooks.log"
    lines = log.read_text().splitlines()
    log.unlink()
    return lines


def test_the_balancer_of_others_is_told_by_hooks(hooked):
    hooked.must(*AGAIN)

    assert told_of(hooked) == [
        f"{way} {host.name} {host.address}"
        for host in hooked.hosts[:3]
        for way in ("out drain", "in undrain")
    ]


def test_a_hook_that_refuses_stops_the_rollout_before_its_host_is_touched(hooked):
    web1, web2, web3 = hooked.hosts[:3]
    before = live(web1, "streams")
    (hooked.folder / f"refuse-{web2.name}").touch()

    done = hooked.inv(*AGAIN)

    (hooked.folder / f"refuse-{web2.name}").unlink()
    assert done.returncode == 6, done.stdout + done.stderr
    assert "no such pool" in done.stdout
    assert told_of(hooked)[-1] == f"in undrain {web2.name} {web2.address}"
    assert [live(host, "streams") for host in (web1, web2, web3)] == [before] * 3


def test_the_next_command_takes_in_what_a_killed_one_has_left_out(hooked):
    web1 = hooked.hosts[0]
    (hooked.folder / "slow").touch()
    words = [INV, *AGAIN, "--env", "lab"]
    run = subprocess.Popen(words, cwd=hooked.folder, env=hooked.environ, stdout=subprocess.DEVNULL)
    waits_for((hooked.folder / "hooks.log").exists)
    run.kill()
    run.wait()
    (hooked.folder / "slow").unlink()

    shown = hooked.inv("status")
    waits_for(lambda: "at work" not in hooked.inv("status").stdout)
    again = hooked.must(*AGAIN)

    assert "the balancer sends it no requests (in a run)" in shown.stderr
    assert "was killed and has left it out" in again
    assert told_of(hooked)[1] == f"in undrain {web1.name} {web1.address}"


def test_hooks_work_by_hand_too(hooked):
    web2 = hooked.hosts[1]

    hooked.must("drain", "--host", web2.name)
    hooked.must(*AGAIN)
    hooked.must("undrain", "--host", web2.name)

    told = [line for line in told_of(hooked) if web2.name in line]
    assert [line.split()[1] for line in told] == ["drain", "undrain"]
