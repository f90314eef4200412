import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.errors import LabError
from deployer.lab import cgroups, disk, network
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab

UP_AND_SAY_SO = """
import sys
from pathlib import Path
from deployer.lab.lab import Lab
Lab(sys.argv[1], project=Path(sys.argv[2])).up(2)
"""


@pytest.fixture
def other_lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab("other", project=tmp_path) as lab:
        yield lab


def ssh(lab: Lab, host: LabHost, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ssh", "-F", str(lab.ssh_config), "-o", "BatchMode=yes", host.name, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def traces(lab: Lab) -> tuple[object, ...]:
    """What a lab may leave on the machine: groups, bridge, mounts, its folder."""
    mounts = Path("/proc/self/mountinfo").read_text()
    return (
        cgroups.groups_named(f"lab-{lab.place.mark}"),
        Path("/sys/class/net", lab.place.bridge).exists(),
        str(lab.folder) in mounts,
        lab.folder.exists(),
        tuple(Path("/run/systemd/nspawn/propagate").glob(f"{lab.place.mark}*")),
    )


NOTHING = ((), False, False, False, ())


def test_root_logs_in_with_the_labs_key_and_the_pinned_host_key(lab3: Lab) -> None:
    answers = [ssh(lab3, host, "id", "-un").stdout for host in lab3.hosts]

    assert answers == ["root\n"] * 3


def test_a_host_with_another_key_than_the_pinned_one_is_refused(lab3: Lab, tmp_path: Path) -> None:
    first, second = lab3.hosts[:2]
    swapped = tmp_path / "known_hosts"
    swapped.write_text(f"{first.name},{first.address} {second.host_keys[0]}\n")
    words = ["ssh", "-o", f"UserKnownHostsFile={swapped}", "-F", str(lab3.ssh_config), first.name]

    result = subprocess.run(
        [*words, "true"], capture_output=True, text=True, timeout=20, check=False
    )

    assert result.returncode == 255
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in result.stderr


def test_a_host_is_bare_debian_with_systemd_in_charge(fresh_host: LabHost) -> None:
    host = fresh_host  # not one that other tests have set up

    assert host.run("systemctl is-system-running --wait").stdout == "running\n"
    assert host.run("cat /proc/1/comm").stdout == "systemd\n"
    assert host.run(f"hostname; getent hosts {host.name}.lab.test").stdout.split()[:2] == [
        host.name,
        host.address,
    ]
    assert host.run("getent passwd deploy").returncode == 2
    assert host.run("ip route show default").stdout == ""


def test_nginx_serves_to_the_machine_and_to_its_neighbours(lab3: Lab) -> None:
    first, second = lab3.hosts[:2]

    first.run("systemctl start nginx")
    from_neighbour = second.run(f"curl -sI --max-time 5 http://{first.name}.lab.test/")

    assert from_neighbour.stdout.startswith("HTTP/1.1 200")


def test_stopping_a_unit_kills_its_workers_too_and_those_of_no_neighbour(lab3: Lab) -> None:
    first, second = lab3.hosts[:2]
    start = "systemd-run --unit=many --property=TimeoutStopSec=1 sh -c 'sleep 4321 & sleep 4322'"
    for host in (first, second):
        assert host.run(start).returncode == 0

    first.run("systemctl stop many")

    assert first.run("pgrep -fc '^sleep 432'").stdout == "0\n"
    assert second.run("pgrep -fc '^sleep 432'").stdout == "2\n"
    second.run("systemctl stop many")


def test_a_power_cut_kills_at_once_and_the_host_comes_back_on_its_disk(
    spare_lab: Lab, fresh_host: LabHost
) -> None:
    fresh_host.run("echo kept >/srv/file; sync")

    spare_lab.power_cut(fresh_host)
    conditions = [one.condition for one in spare_lab.status() if one.host == fresh_host]
    spare_lab.boot(fresh_host)

    assert conditions == ["down"]
    assert fresh_host.run("cat /srv/file").stdout == "kept\n"
    assert fresh_host.run("systemctl is-system-running --wait").stdout == "running\n"


def test_a_host_that_reboots_itself_comes_back(spare_lab: Lab, fresh_host: LabHost) -> None:
    before = fresh_host.leader

    spare_lab.reboot(fresh_host)

    assert fresh_host.leader != before
    assert ssh(spare_lab, fresh_host, "true").returncode == 0


def test_a_cut_link_hides_a_host_until_it_is_healed(spare_lab: Lab, fresh_host: LabHost) -> None:
    spare_lab.cut_link(fresh_host)
    seen = (fresh_host.answers_ssh, fresh_host.is_running)
    spare_lab.heal_link(fresh_host)
    spare_lab.wait_for(fresh_host)

    assert seen == (False, True)
    assert ssh(spare_lab, fresh_host, "true").returncode == 0


def test_a_frozen_host_accepts_no_login_until_it_thaws(spare_lab: Lab, fresh_host: LabHost) -> None:
    spare_lab.freeze(fresh_host)
    frozen = fresh_host.answers_ssh
    spare_lab.thaw(fresh_host)
    spare_lab.wait_for(fresh_host)

    assert not frozen


def test_two_labs_at_once_do_not_touch_each_other(lab1: Lab, other_lab: Lab) -> None:
    (mine,) = lab1.hosts
    leader = mine.leader

    (other,) = other_lab.up(1)
    crossing = mine.run(f"curl -s --max-time 1 http://{other.address}/")
    other_lab.down()

    assert crossing.returncode != 0
    assert mine.leader == leader
    assert ssh(lab1, mine, "true").returncode == 0


def test_down_leaves_nothing_and_may_be_said_twice(other_lab: Lab) -> None:
    other_lab.up(2)

    other_lab.down()
    other_lab.down()

    assert traces(other_lab) == NOTHING
    assert other_lab.hosts == ()


@pytest.mark.parametrize("delay", [0.1, 0.3, 0.6, 1.0])
def test_up_after_a_killed_up_clears_the_remains_and_works(other_lab: Lab, delay: float) -> None:
    killed = start_up(other_lab)
    time.sleep(delay)  # noqa: TID251  the kill must land in the middle of real work
    killed.kill()
    killed.wait(timeout=10)

    hosts = other_lab.up(2)

    assert [one.condition for one in other_lab.status()] == ["up", "up"]
    assert ssh(other_lab, hosts[1], "hostname").stdout == "web2\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_clears_away_what_it_made(other_lab: Lab, number: signal.Signals) -> None:
    interrupted = start_up(other_lab)
    while not other_lab.hosts:
        time.sleep(0.02)  # noqa: TID251  the signal must land in the middle of real work

    interrupted.send_signal(number)
    code = interrupted.wait(timeout=30)

    assert code != 0
    assert traces(other_lab) == NOTHING


def start_up(lab: Lab) -> subprocess.Popen[bytes]:
    project = lab.folder.parent.parent
    return subprocess.Popen(
        [sys.executable, "-c", UP_AND_SAY_SO, lab.name, str(project)],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def test_a_host_that_does_not_boot_is_an_error_that_shows_its_log(
    other_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployer.lab.boot.NETWORK", "[Match]\nName={address}\n")
    monkeypatch.setattr("deployer.lab.lab.BOOT_SECONDS", 3.0)

    with pytest.raises(LabError, match=r"`web1` did not answer ssh within 3 s") as caught:
        other_lab.up(1)

    assert caught.value.hint
    assert traces(other_lab) == NOTHING


def test_a_host_with_postgres_answers_queries_when_it_is_up(fresh_hosts) -> None:
    (host,) = fresh_hosts(1, postgres=True)

    answer = host.run("runuser -u postgres -- psql -Atc 'select 40 + 2'")

    assert answer.stdout == "42\n"


def test_a_lab_takes_no_network_the_machine_has(lab1: Lab) -> None:
    taken = network.taken_networks()

    free = network.choose(lab1.place.bridge, taken)

    assert not any(free.overlaps(other) for other in taken)


@pytest.fixture
def own_disk(spare_lab: Lab) -> Iterator[LabHost]:
    """A host with a disk of its own, thrown away after the test."""
    (host,) = spare_lab.add(1, prefix="disk", disk=100)
    yield host
    spare_lab.remove(host)


def test_lost_power_takes_only_what_was_not_flushed(spare_lab: Lab, own_disk: LabHost) -> None:
    own_disk.run("mkdir /srv/a; echo kept > /srv/a/kept; sync -f /srv/a; echo lost > /srv/a/lost")

    spare_lab.lose_power(own_disk)
    spare_lab.boot(own_disk)

    assert own_disk.run("ls /srv/a; cat /srv/a/kept").stdout.split() == ["kept", "kept"]


def test_a_disk_fills_up_and_fails_and_comes_back(spare_lab: Lab, own_disk: LabHost) -> None:
    folder = spare_lab.place.disk(own_disk)
    said: list[str] = []
    for fault in (disk.fill, disk.fill_inodes, disk.fail):
        fault(folder)
        said.append(own_disk.run("head -c 9000 /dev/zero > /srv/new").stderr)
        disk.free(folder)
    spare_lab.lose_power(own_disk)
    spare_lab.boot(own_disk)

    assert ["No space" in said[0], "No space" in said[1], "Read-only" in said[2]] == [True] * 3
    assert own_disk.run("head -c 9000 /dev/zero > /srv/new").returncode == 0


def test_a_deafened_host_hears_nothing_until_it_is_healed(
    spare_lab: Lab, fresh_host: LabHost
) -> None:
    network.deafen(spare_lab.place.bridge, fresh_host.address)
    hidden = not fresh_host.answers_ssh
    network.undeafen(spare_lab.place.bridge, fresh_host.address)

    assert hidden
    spare_lab.wait_for(fresh_host)
