"""Another sshd at the address of a host or of the host in between: exit 4, and nothing is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.apps import App
from tests.lab.project import Project

OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBaxkEvnlnW0d82LFn5KDMKZ6NiHNnQI9tMvic9Oc3mg"
SECTION: dict[str, object] = {
    "name": "shop",
    "source": {"kind": "git", "url": ".", "revision": "main", "transport": "push"},
    "app_server": {"kind": "gunicorn", "module": "shop.wsgi:application"},
}
REACHED = 9
"""How a command ends on a host that is bare: it was let in, and found no agent."""


@pytest.fixture(scope="module")
def hosts(spare_lab: Lab) -> Iterator[tuple[LabHost, ...]]:
    """A bare host, and one in between."""
    made = spare_lab.add(2)
    yield made
    for host in made:
        spare_lab.remove(host)


@pytest.fixture
def project(hosts: tuple[LabHost, ...], tmp_path: Path) -> Project:
    """A project that reaches the first host through the second; nobody else knows their keys."""
    web, gate = hosts
    made = Project(tmp_path, (web,), App("shop", tmp_path, {}, SECTION, {}))
    made.section("ssh").update(
        user="root", jump=f"root@{gate.address}", jump_host_keys=list(gate.host_keys)
    )
    made.environ["HOME"] = str(tmp_path)
    made.write()
    return made


@contextmanager
def another_sshd(host: LabHost) -> Iterator[None]:
    """Have an sshd with another key at the host's address and port."""
    take = """set -e
test -f /root/other || ssh-keygen -q -t ed25519 -N '' -f /root/other
systemctl stop ssh.socket ssh.service 2>/dev/null || systemctl stop ssh.service
mkdir -p /run/sshd
systemd-run --quiet --unit=other-sshd /usr/sbin/sshd -D -o HostKey=/root/other -o PidFile=none
for i in $(seq 200); do ssh-keyscan -T 1 127.0.0.1 2>/dev/null | grep -q . && exit 0; done
exit 1
"""
    back = "systemctl stop other-sshd; systemctl start ssh.service"
    done = host.run(take)
    assert done.returncode == 0, done.stderr
    try:
        yield
    finally:
        assert host.run(back).returncode == 0


def logins(*hosts: LabHost) -> list[str]:
    """What each host's sshd knows of people who tried to log in."""
    look = "journalctl --no-pager -q -o cat -t sshd | grep -cE 'Accepted|Failed|Invalid' || true"
    return [host.run(look).stdout.strip() for host in hosts]


def ends_with_4_and_sends_nothing(project: Project, *hosts: LabHost) -> str:
    before = logins(*hosts)

    ends = [project.inv(*words) for words in (("status",), ("deploy",), ("setup",))]

    said = "\n".join(done.stdout + done.stderr for done in ends)
    assert [done.returncode for done in ends] == [4, 4, 4], said
    assert "Traceback" not in said
    assert logins(*hosts) == before
    return said


def test_with_the_right_keys_both_hosts_are_reached(project: Project) -> None:
    done = project.inv("status")

    assert done.returncode == REACHED, done.stdout + done.stderr
    assert "has no deployer agent" in done.stdout + done.stderr


def test_a_host_with_another_key_gets_nothing_through_the_one_in_between(
    project: Project, hosts: tuple[LabHost, ...]
) -> None:
    with another_sshd(hosts[0]):
        said = ends_with_4_and_sends_nothing(project, hosts[0])

    assert "nothing was sent" in said
    assert project.inv("status").returncode == REACHED


def test_a_host_in_between_with_another_key_gets_nothing(
    project: Project, hosts: tuple[LabHost, ...]
) -> None:
    with another_sshd(hosts[1]):
        said = ends_with_4_and_sends_nothing(project, *hosts)

    assert "jump host" in said
    assert project.inv("status").returncode == REACHED


@pytest.mark.parametrize("pin", [OTHER_KEY, ""])
@pytest.mark.parametrize("which", ["host", "in between"])
def test_a_wrong_or_missing_pin_is_a_4(
    which: str, pin: str, project: Project, hosts: tuple[LabHost, ...]
) -> None:
    pins = [pin] if pin else []
    if which == "host":
        project.section("hosts", hosts[0].name)["host_keys"] = pins
    else:
        project.section("ssh")["jump_host_keys"] = pins
    project.write()
    before = logins(hosts[0])

    done = project.inv("status")

    assert done.returncode == 4, done.stdout + done.stderr
    assert logins(hosts[0]) == before
