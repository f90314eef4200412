"""One lab host with the tiny app on it, which goes through one case after the other."""

import json
import re
import shutil
import time
from pathlib import Path

from deployer.agent.runs.journal import Record, load
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.faults.build import PROJECT, TASKS, build
from tests.faults.commands import LONGEST, Command, Spawner
from tests.faults.tiny import NAME, digests, revise, tiny
from tests.lab.project import Project

DISK = 400  # megabytes
SETTLED_SECONDS = 60.0
FAULTS = "run/deployer-faults"
PUBLISHED = re.compile(rf"{NAME}_\d{{8}}_\d{{6}}-\d+")
"""The name of a backup that is whole; one that is being made has an end."""


class Lane:
    """A host, its project and the test build that deploys to it."""

    def __init__(self, lab: Lab, host: LabHost, folder: Path) -> None:
        self.lab, self.host, self.folder = lab, host, folder
        self.leader = host.leader
        self.app = tiny(folder / "app")
        self.project = Project(folder / "project", (host,), self.app)
        (self.project.folder / "tasks.py").write_text(TASKS)
        self.build = build(folder / "build")
        self.project.environ["PYTHONPATH"] = f"{self.build}:{PROJECT}"
        self.spawner = Spawner(self.build)
        self.counts: dict[str, int] = {}
        self.sent: set[str] = set()
        self.known: set[str] = set()
        self.taken_back: set[str] = set()  # by restores
        self.files: dict[str, dict[str, str]] = {}
        self.removed: list[str] = []
        self.words: tuple[str, ...] = ()
        self.patience = SETTLED_SECONDS
        self.command_seconds = LONGEST
        self.last_commit = self._before = self.way = ""
        self.usual_seconds = 0.0
        self._typed = self._cases = 0
        self.revisions = 0
        retention = self.project.section("retention")
        retention.update(releases=2, backups={"days": 1, "at_least": 2})
        self.project.write()

    def prepare(self) -> None:
        """Set the host up, deploy twice, and count what happens in each step."""
        self.must("setup")
        self.must("deploy", "--revision", self.revise())
        self.learn()

    def learn(self) -> None:
        """Count what happens in each step of a deploy that is good, and of one that is not."""
        self.arm(record=True)
        began = time.monotonic()
        self.must("deploy", "--revision", self.revise())
        self.usual_seconds = time.monotonic() - began
        before = self._before
        self.start("deploy", "--revision", self.revise(broken="health")).wait()
        self._before = before
        self.read_counts()
        self.disarm()

    def revise(self, *, broken: str = "", lock: str = "") -> str:
        """Commit the next revision and give its commit."""
        self.revisions += 1
        self._before = self.live if self.leader else ""
        commit = revise(self.app, f"r{self.revisions}", broken=broken, lock=lock)
        self.files[commit[:7]] = digests(self.app.repository)
        self.last_commit = commit
        return commit

    def next_case(self) -> int:
        """Count the cases."""
        self._cases += 1
        return self._cases

    # What is on the host, read from outside of it

    def path(self, absolute: str) -> Path:
        """Give a path of the host as this machine sees it; links in it are not for following."""
        return Path(f"/proc/{self.leader}/root") / absolute.lstrip("/")

    def records(self) -> tuple[Record, ...]:
        """Read the journal."""
        return load(self.path(f"/var/lib/deployer/{NAME}/journal"))

    def link(self, absolute: str) -> str:
        """Read a link; "" if there is none."""
        try:
            return str(self.path(absolute).readlink())
        except OSError:
            return ""

    @property
    def live(self) -> str:
        """The id of the release that nginx serves."""
        return self.link(f"/srv/{NAME}/run/live").rpartition("/")[2]

    def newest_backup(self) -> Path:
        """The folder of the backup that was made last."""
        folders = self.path("/opt/backups").iterdir()
        whole = (one for one in folders if PUBLISHED.fullmatch(one.name))
        return max(whole, key=lambda one: int(one.name.rpartition("-")[2]))

    @property
    def target_of_rollback(self) -> str:
        """The release that a rollback goes back to."""
        return self._before

    def begun_release(self) -> str:
        """Give the release of the run that was begun last; "" if it makes none."""
        begun = [record for record in self.records() if record.get("event") == "begin"]
        release = begun[-1].get("release") if begun else None
        return str(release["id"]) if isinstance(release, dict) else ""

    # What happens in the agent

    def arm(self, *shots: dict[str, object], **plan: object) -> None:
        """Have the next agents fire these shots."""
        folder = self.path(FAULTS)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shared = {"counts": self.counts, "removed": self.removed}
        content = {"shots": list(shots), **shared, **plan}
        (folder / "plan.json").write_text(json.dumps(content))

    def disarm(self) -> None:
        """Have no more shots."""
        shutil.rmtree(self.path(FAULTS), ignore_errors=True)

    def arm_durably(self, *shots: dict[str, object]) -> None:
        """Have the agents of the next boots fire these shots, and only those."""
        file = self.path("/etc/deployer-faults.json")
        content = {"shots": list(shots), "counts": self.counts, "removed": self.removed}
        file.write_text(json.dumps(content))
        self.host.run("sync -f /etc")

    def disarm_durably(self) -> None:
        """Take it away again."""
        self.path("/etc/deployer-faults.json").unlink(missing_ok=True)
        self.host.run("sync -f /etc")

    def reached(self) -> int:
        """Give the process that waits at a point, as the host numbers it; 0 if none does."""
        try:
            return int((self.path(FAULTS) / "reached").read_text())
        except (OSError, ValueError):
            return 0

    def fired(self) -> int:
        """Count the shots that were fired since `arm`."""
        return len(list(self.path(FAULTS).glob("fired-*")))

    def go(self) -> None:
        """Let who waits at a point go on."""
        (self.path(FAULTS) / "go").touch()

    def read_counts(self) -> None:
        """Learn how many events each step has."""
        for line in (self.path(FAULTS) / "counts").read_text().splitlines():
            name, count = json.loads(line)
            self.counts[str(name)] = int(count)

    # The controller

    def start(self, *words: str) -> Command:
        """Type a command; its events are in its output."""
        self._typed += 1
        log = self.folder / f"{self._typed % 8}-{words[0]}.log"
        full = (*words, "--env", "lab", "--output", "json")
        return self.spawner.start(full, self.project.folder, self.project.environ, log)

    def must(self, *words: str) -> Command:
        """Type a command that has to succeed."""
        command = self.start(*words)
        assert command.wait() == 0, (words, command.output()[-3000:])
        return command

    # The host

    def power_off(self) -> None:
        """Take the power, and all that was not flushed."""
        self.leader = 0
        self.lab.lose_power(self.host)

    @property
    def disk(self) -> Path:
        """What the host has written, as long as it is off."""
        return self.lab.place.disk(self.host) / "disk/up"

    def power_on(self) -> None:
        """Boot, and wait until the host answers."""
        self.lab.boot(self.host)
        self.leader = self.host.leader
