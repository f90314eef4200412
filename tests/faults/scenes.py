"""Faults that need more than one point: each scene gives what was wrong, nothing if all is well."""

import shutil
import time
from collections.abc import Iterator

from deployer.lab.machine import wait_until
from tests.faults import verdict
from tests.faults.controller import PAUSED
from tests.faults.lane import Lane
from tests.faults.tiny import NAME
from tests.faults.users import Users

UNREACHABLE, LOCKED, ROLLED_BACK, ABORTED = 4, 5, 6, 9
SERVED_SECONDS = 30.0
OTHER_KEY = """cd /etc/ssh && mkdir kept && mv ssh_host_ed25519_key* kept/ &&
ssh-keygen -q -t ed25519 -N "" -f ssh_host_ed25519_key && systemctl restart ssh"""
OWN_KEY = "cd /etc/ssh && mv -f kept/* . && rmdir kept && systemctl restart ssh"


def stale_plan(lane: Lane) -> Iterator[str]:
    """Two deploys plan at the same time; the second one begins when the first one is done."""
    folder = lane.folder / "pause"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lane.arm()
    lane.project.environ[PAUSED] = str(folder)
    late = lane.start("deploy", "--revision", lane.revise())
    del lane.project.environ[PAUSED]
    wait_until((folder / "reached").exists, seconds=SERVED_SECONDS)
    early = lane.must("deploy", "--revision", lane.revise())
    (folder / "go").touch()
    if late.wait() not in (LOCKED, ABORTED):
        yield f"a plan made before another deploy was carried out: exit {late.code}"
    if lane.live != early.release:
        yield f"{lane.live} is live, not {early.release}"


def damaged_dump(lane: Lane) -> Iterator[str]:
    """The disk keeps only half of the dump."""
    lane.arm(removed=[*lane.removed, "honest dump"])
    old = lane.live
    deploy = lane.start("deploy", "--revision", lane.revise())
    if deploy.wait() != ABORTED:
        yield f"a deploy went on after half a dump: exit {deploy.code}"
    if lane.live != old:
        yield f"{lane.live} is live, not {old}"
    yield from verdict.of_the_backups(lane)


def damaged_release(lane: Lane) -> Iterator[str]:
    """The live release loses a file while the host is off."""
    damaged, before = lane.live, lane.target_of_rollback
    lane.arm_durably()
    with Users(lambda: lane.leader, "damaged") as users:
        lane.power_off()
        (lane.disk / f"srv/{NAME}/releases/{damaged}/app/last.py").write_text("")
        lane.power_on()
        if not users.served_after(time.monotonic(), SERVED_SECONDS):
            yield "nobody is served after the boot"
    lane.disarm_durably()
    if lane.live != before:
        yield f"{lane.live} is live, not {before}, which is whole"
    yield from verdict.of_the_users(users)


def other_host_key(lane: Lane) -> Iterator[str]:
    """Another host, or somebody in between, answers at the address."""
    old = lane.live
    lane.host.run(OTHER_KEY)
    wait_until(lambda: lane.host.answers_ssh, seconds=SERVED_SECONDS)
    deploy = lane.start("deploy", "--revision", lane.revise())
    code = deploy.wait()
    lane.host.run(OWN_KEY)
    wait_until(lambda: lane.host.answers_ssh, seconds=SERVED_SECONDS)
    if code != UNREACHABLE:
        yield f"a host with another key was talked to: exit {code}"
    if lane.live != old:
        yield f"{lane.live} is live, not {old}"


def told_secret(lane: Lane) -> Iterator[str]:
    """The app prints its secret while it migrates."""
    secret = lane.app.secrets["SECRET_KEY"]
    lane.arm()
    deploy = lane.start("deploy", "--verbose", "--revision", lane.revise(broken="tells"))
    deploy.wait()
    if "the secret is" not in deploy.output():
        yield "the app told nothing"
    if secret in deploy.output():
        yield "the output holds the secret"
    log = lane.path("/var/log/deploy.log").read_text()
    if secret in log or secret in str(lane.records()):
        yield "a log of the host holds the secret"


def hidden_from_outside(lane: Lane) -> Iterator[str]:
    """The release is healthy for its own host, and answers nobody else."""
    old = lane.live
    lane.arm()
    deploy = lane.start("deploy", "--revision", lane.revise(broken="outside"), *lane.words)
    if deploy.wait() != ROLLED_BACK:
        yield f"the deploy ended with {deploy.code}"
    if lane.live != old:
        yield f"{lane.live} is live, which answers nobody outside"
