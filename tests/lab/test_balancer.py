"""Three web hosts behind a balancer: whatever is done to one of them, no request is lost."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.lab.project import Project
from tests.lab.streams import NAME, Long, Users, events, streams, talk, told, upload

PROJECT = Path(__file__).parents[2]
HOSTS_FILE = "/etc/nginx/snippets/streams-hosts.conf"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(f"balancer-{os.getpid()}", project=PROJECT) as made:
        made.up(4)
        yield made


@pytest.fixture(scope="module")
def project(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("balancer")
    made = Project(folder / "project", lab.hosts, streams(folder / "app"))
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
            project.must("drain", "--host", host.name)
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
