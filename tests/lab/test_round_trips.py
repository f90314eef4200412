"""What a deploy costs on the wire: a round trip a phase, and one more connection to confirm."""

import io
import os
from pathlib import Path

import pytest

from deployer.api.deploy import deploy
from deployer.api.environment import Environment
from deployer.api.perform import UseCase, perform, transport_for, with_sessions
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.api.rollback import rollback
from deployer.api.running import Ending
from deployer.api.sessions import address
from deployer.core.transport import Channel, Completed, Counts, HostAddress, Transport
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.apps import shop
from tests.lab.outside import live
from tests.lab.project import Project

MOST = 9
ANEW = 2


class Counting:
    """A transport that remembers every conversation."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.opened: list[tuple[str, Channel]] = []

    def open(self, host: HostAddress) -> Channel:
        channel = self._inner.open(host)
        self.opened.append((host.name, channel))
        return channel

    def bootstrap(
        self, host: HostAddress, script: bytes, payload: bytes, timeout: float
    ) -> Completed:
        raise AssertionError("a deploy never brings the agent")


@pytest.fixture(scope="module")
def project(lab1: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("trips")
    made = Project(folder, lab1.hosts, shop(folder / "shop"), name="trips")
    made.section("app", "web_server")["server_names"] = ["trips.lab.test"]
    env = made.section("app", "env")
    env["ALLOWED_HOSTS"] = "trips.lab.test"
    env["DATABASE_URL"] = "sqlite:////srv/trips/shared/db.sqlite3"
    env["MEDIA_ROOT"] = "/srv/trips/shared/media"
    made.write()
    made.must("setup")
    made.must("deploy", "--revision", "v2")
    return made


def counted(project: Project, request: Request, use_case: UseCase) -> tuple[int, list[Counts]]:
    """Do a command in this process; gives its exit code and the cost of each conversation."""
    place = Place(project.folder, project.environ, io.StringIO(), io.StringIO(), None)
    counts: list[Counts] = []

    def connect(at: Environment, case: UseCase) -> Ending:
        transport = Counting(transport_for(at))
        addresses = tuple(address(at.inventory, host) for host in at.hosts)
        ending = with_sessions(at, transport, addresses, case)
        counts.extend(channel.counts for _, channel in transport.opened)
        return ending

    code = perform(place, request, use_case, connect=connect)
    return code, counts


def logins(host: LabHost) -> int:
    """How many logins sshd has accepted."""
    log = host.run("journalctl -q --no-pager -u ssh -t sshd | grep -c 'Accepted publickey'")
    return int(log.stdout or "0")


def request(command: str, revision: str = "", *, no_confirm: bool = False) -> Request:
    return Request(command, env="lab", revision=revision, output="plain", no_confirm=no_confirm)


def test_a_code_only_redeploy_is_two_logins_and_at_most_eleven_round_trips(
    project: Project,
) -> None:
    (host,) = project.hosts
    before, serving = logins(host), live(host, "trips")

    code, counts = counted(project, request("deploy", "v4"), deploy)

    assert code == 0
    assert live(host, "trips") > serving
    assert [(one.connections, one.channels) for one in counts] == [(1, 1)] * 2
    assert counts[0].round_trips <= MOST, counts
    assert counts[1].round_trips <= ANEW, counts
    assert logins(host) - before == 2


def test_without_a_confirm_a_redeploy_is_one_login_and_at_most_eight_round_trips(
    project: Project,
) -> None:
    (host,) = project.hosts
    project.must("deploy", "--revision", "v2")
    before = logins(host)

    code, counts = counted(project, request("deploy", "v4", no_confirm=True), deploy)

    assert code == 0
    assert [one.round_trips <= MOST - 1 for one in counts] == [True], counts
    assert logins(host) - before == 1


def test_a_code_only_redeploy_sends_only_what_the_host_lacks(project: Project) -> None:
    project.must("deploy", "--revision", "v2")

    code, counts = counted(project, request("deploy", "v4"), deploy)

    tree = sum(path.stat().st_size for path in _tree(project.app.repository))
    assert code == 0
    assert sum(one.bytes_sent for one in counts) < 60_000, (counts, tree)


def test_already_live_is_two_round_trips(project: Project) -> None:
    (host,) = project.hosts
    project.must("deploy", "--revision", "v4")
    before = logins(host)

    code, counts = counted(project, request("deploy", "v4"), deploy)

    assert code == 0
    assert counts[0].round_trips <= 2, counts
    assert logins(host) - before == 1


def test_a_rollback_is_two_logins_and_at_most_twelve_round_trips(project: Project) -> None:
    (host,) = project.hosts
    project.must("deploy", "--revision", "v2")
    project.must("deploy", "--revision", "v4")
    before = logins(host)

    code, counts = counted(project, request("rollback"), rollback)

    assert code == 0
    assert project.healthz()["revision"] == "v2"
    # One more than a deploy may take: the older release is asked whether it fits the schema.
    assert counts[0].round_trips <= MOST + 1, counts
    assert counts[1].round_trips <= ANEW, counts
    assert logins(host) - before == 2


def _tree(repository: Path) -> list[Path]:
    return [
        Path(folder, name)
        for folder, _, names in os.walk(repository)
        for name in names
        if ".git" not in Path(folder).parts
    ]
