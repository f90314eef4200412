"""Real hosts that go back unless somebody reaches them anew, and fleets that never split unseen."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from deployer.api.sessions import address
from deployer.core.transport import Message
from deployer.inventory.loader import load
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from deployer.lab.machine import wait_until
from deployer.lab.traffic import Traffic
from deployer.transport.ssh import SshTransport
from tests.faults.tiny import HOST_NAME, NAME, revise, tiny
from tests.lab.outside import live, live_colour, wait_for_end
from tests.lab.project import Project

PROJECT = Path(__file__).parents[2]
DEADLINE = 10.0
SITE = PROJECT / "templates/nginx/site.conf.j2"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(f"confirm-{os.getpid()}", project=PROJECT) as made:
        made.up(3)
        yield made


@pytest.fixture(scope="module")
def project(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("confirm")
    made = Project(folder, lab.hosts, tiny(folder / "app"))
    made.section("app", "health")["confirm"] = {"deadline": f"{DEADLINE:g}s"}
    made.section("rollout")["batches"] = ["100%"]
    made.write()
    made.must("setup")
    made.must("deploy")
    return made


def die(project: Project, moment: str, *, limit: str = "") -> None:
    """Deploy a new revision with a controller that is killed at a moment of the confirms."""
    commit = revise(project.app, f"r{time.monotonic_ns()}")
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.dying", moment, str(project.folder), commit, limit],
        cwd=PROJECT,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -9, (done.returncode, done.stdout, done.stderr)


def journal(host: LabHost) -> list[dict[str, object]]:
    lines = host.run(f"cat /var/lib/deployer/{NAME}/journal").stdout.splitlines()
    return [json.loads(line.partition("\t")[0]) for line in lines if line]


def last_end(host: LabHost) -> dict[str, object]:
    return next(one for one in reversed(journal(host)) if one["event"] == "end")


def is_waiting(host: LabHost) -> bool:
    return host.run(f"ls /run/deployer/{NAME}-*.confirm").returncode == 0


def served(project: Project) -> list[str]:
    found = [live(host, NAME) for host in project.hosts]
    assert [project.get("/healthz", host)[0] for host in project.hosts] == [200] * len(found)
    return found


def status_of(project: Project, host: LabHost) -> int:
    """What a stranger gets; 0 for no answer at all."""
    try:
        return project.get("/healthz", host)[0]
    except OSError:
        return 0


def is_at(host: LabHost, begun: int, step: str) -> bool:
    return any(one.get("step") == step for one in journal(host)[begun:])


@contextmanager
def behind_a_firewall(host: LabHost, when: Callable[[], bool]) -> Iterator[None]:
    """Have a host's web server answer nobody outside, as soon as something is so."""
    # What goes to the host itself is found in the table `local`, which is asked first.
    rule = "ipproto 6 sport 80 blackhole priority 100"
    waiting = Thread(
        target=lambda: wait_until(when, seconds=60) and host.run(f"ip rule add {rule}")
    )
    waiting.start()
    try:
        yield
    finally:
        waiting.join()
        host.run(f"ip rule delete {rule}")


def confirm(project: Project, host: LabHost, run: str) -> Message:
    """Say over a connection of our own that a run is confirmed."""
    inventory = load(project.folder / "inventories", "lab", project.environ)
    channel = SshTransport(project.environ).open(address(inventory, inventory.hosts[host.name]))
    try:
        channel.receive(20)
        channel.send({"verb": "confirm", "app": NAME, "run": run})
        return channel.receive(40)
    finally:
        channel.close()


def told(project: Project, command: str) -> str:
    done = project.inv(command)
    assert done.returncode == 8, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_without_a_confirm_a_host_goes_back_by_itself_and_loses_no_request(
    project: Project,
) -> None:
    host = project.hosts[0]
    before = live(host, NAME)

    slow = Traffic(host.address, HOST_NAME, paths=("/slow",), rate=20, threads=1)
    with slow, Traffic(host.address, HOST_NAME, rate=30, threads=2) as users:
        die(project, "look", limit=host.name)
        began = time.monotonic()
        assert is_waiting(host)
        assert live(host, NAME) != before
        wait_until(lambda: last_end(host)["outcome"] == "rolled_back", seconds=DEADLINE + 20)
        took = time.monotonic() - began

    assert took <= DEADLINE + 5, took
    assert last_end(host)["reason"] == f"nobody confirmed in {DEADLINE:g} s"
    assert users.seen.lost == 0, users.seen
    assert slow.seen.lost == 0, slow.seen
    assert live(host, NAME) == before
    assert not is_waiting(host)


def test_late_double_and_foreign_confirms_are_told_the_truth(project: Project) -> None:
    host = project.hosts[0]
    late = str(last_end(host)["run"])
    project.must("deploy", "--force", "--unfreeze")
    done = str(last_end(host)["run"])

    answers = [confirm(project, host, run) for run in (late, done, done, "20200101-000000-0000")]

    assert [one.get("outcome") for one in answers] == [
        "rolled_back",
        "committed",
        "committed",
        None,
    ]
    assert (answers[3]["event"], answers[3]["why"]) == ("refused", "unknown-run")


def test_a_host_that_is_committed_finishes_though_its_controller_is_dead(project: Project) -> None:
    host = project.hosts[0]
    old = live_colour(host, NAME)

    die(project, "decided", limit=host.name)

    assert last_end(host)["outcome"] == "committed"
    assert live_colour(host, NAME) != old
    wait_for_end(host, f"{NAME}@{old}.service")
    assert journal(host)[-1]["step"] == "prune"


def test_a_release_behind_a_firewall_goes_back_though_its_host_is_well(project: Project) -> None:
    before = served(project)
    host = project.hosts[1]
    section = project.section("app", "framework")
    kept = section["collect_static"]
    section["collect_static"] = ["sh", "-c", "sleep 3"]
    project.write()
    revise(project.app, f"r{time.monotonic_ns()}")
    steps = len(journal(host))
    try:
        with behind_a_firewall(host, lambda: is_at(host, steps, "collect_static")):
            seen = project.inv("deploy")
    finally:
        section["collect_static"] = kept
        project.write()

    said = seen.stdout + seen.stderr
    assert seen.returncode == 6, said
    assert "from outside" in said
    assert served(project) == before
    assert {last_end(one)["outcome"] for one in project.hosts} == {"rolled_back"}
    again = project.inv("deploy")
    assert (again.returncode, "frozen" in again.stdout + again.stderr) == (5, True), again.stdout


def test_a_hold_that_one_host_refuses_is_on_none_of_them(project: Project) -> None:
    *free, taken = project.hosts
    path = f"/var/lib/deployer/{NAME}/hold.json"
    other = '{"id": "h-0ther1", "who": "bob", "why": "new disks"}'
    assert taken.run(f"echo '{other}' > {path}").returncode == 0

    refused = project.inv("hold", "--reason", "moving the database")
    left = [host.run(f"test -e {path}").returncode for host in free]
    taken.run(f"rm {path}")

    said = refused.stdout + refused.stderr
    assert refused.returncode == 5, said
    assert "new disks" in said
    assert said.count("set back") == len(free), said
    assert left == [1] * len(free)


def test_a_release_that_only_its_host_can_see_goes_back(project: Project) -> None:
    before = served(project)
    site = project.folder / "templates/nginx/site.conf.j2"
    site.parent.mkdir(parents=True)
    text = SITE.read_text()
    site.write_text(text.replace("    listen {{ site.port }};", "    listen 127.0.0.1:80;"))
    try:
        seen = project.inv("deploy", "--unfreeze")
        after = served(project)
        blind = project.inv("deploy", "--no-confirm", "--limit", "web1", "--unfreeze")
        hidden = project.inv("health", "--limit", "web1")
        outside = status_of(project, project.hosts[0])
    finally:
        site.unlink()
    project.must("deploy", "--no-confirm", "--unfreeze")

    assert seen.returncode == 6, seen.stdout + seen.stderr
    assert "from outside" in seen.stdout + seen.stderr
    assert after == before
    # Nobody who asks the host itself sees anything wrong: only the look from outside does.
    assert (blind.returncode, hidden.returncode) == (0, 0), blind.stdout + blind.stderr
    assert outside != 200
    assert len(set(served(project))) == 1


def test_a_controller_that_dies_after_the_decision_leaves_a_split_that_can_be_finished(
    project: Project,
) -> None:
    project.must("deploy", "--force", "--unfreeze")
    before = served(project)[0]
    leader, *others = project.hosts

    die(project, "decided")
    wait_until(lambda: not any(map(is_waiting, others)), seconds=2 * DEADLINE + 20)
    wait_until(lambda: {last_end(one)["outcome"] for one in others} == {"rolled_back"}, seconds=20)
    decided = live(leader, NAME)
    split = [live(host, NAME) for host in project.hosts]
    status, deploy, plan, rollback = (
        told(project, one) for one in ("status", "deploy", "plan", "rollback")
    )
    recovered = project.must("recover")

    assert split == [decided, before, before]
    for said in (status, deploy, plan, rollback):
        assert str(last_end(leader)["run"]) in said
        assert decided in said
        assert "inv recover --env lab" in said
    assert served(project) == [decided] * 3, recovered
    project.must("status")


def test_or_that_can_be_taken_back_even_while_the_app_is_held(project: Project) -> None:
    before = served(project)[0]
    others = project.hosts[1:]

    die(project, "decided")
    for host in others:
        host.run(f"systemctl stop 'deployer-{NAME}-*'")  # it goes back at once when told to stop
    wait_until(lambda: {last_end(one)["outcome"] for one in others} == {"rolled_back"}, seconds=30)
    told(project, "status")
    held = project.must("hold", "--reason", "somebody looks into it")
    project.must("recover", "--undo")
    project.must("unhold", "--id", re.findall(r"h-[0-9a-f]+", held)[0])

    assert served(project) == [before] * 3
    project.must("status")
    assert project.inv("recover", "--undo", "--finish").returncode == 2


def test_recover_confirms_hosts_that_still_wait(project: Project) -> None:
    leader = project.hosts[0]

    die(project, "decided")
    done = project.inv("recover")

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(set(served(project))) == 1
    assert "still waited" in done.stdout + done.stderr
    assert last_end(leader)["outcome"] == "committed"


def test_after_a_power_cut_users_are_sent_back_only_to_what_is_up(
    project: Project, lab: Lab
) -> None:
    host = project.hosts[0]
    before = live(host, NAME)
    folder = f"/etc/systemd/system/deployer-recover@{NAME}.service.d"
    wait = f"printf '[Service]\\nExecStartPre=/bin/sleep 4\\n' > {folder}/late.conf"
    assert host.run(f"mkdir -p {folder} && {wait} && sync").returncode == 0
    die(project, "look", limit=host.name)
    new = live(host, NAME)

    lab.power_cut(host)
    lab.boot(host)
    assert wait_until(lambda: status_of(project, host) == 200, seconds=30)
    served_new = live(host, NAME)
    with Traffic(host.address, HOST_NAME, rate=40, threads=2) as users:
        wait_until(lambda: last_end(host)["outcome"] == "rolled_back", seconds=30)
    host.run(f"rm -r {folder} && systemctl daemon-reload")

    assert served_new == new != before
    assert live(host, NAME) == before
    assert users.seen.lost == 0, users.seen
