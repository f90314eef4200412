"""One host on a disk that forgets: the agent's real code, deploys of three small files."""

import grp
import os
import pwd
from contextlib import suppress
from pathlib import Path

from deployer.agent.context import Context
from deployer.agent.disk.manifest import MARKER
from deployer.agent.runs import counters, standing
from deployer.agent.runs.committing import commit, tidy
from deployer.agent.runs.journal import load
from deployer.agent.runs.opening import OpenRun, open_run
from deployer.agent.runs.orders import Order, Orders, Step
from deployer.agent.runs.recovering import recover
from deployer.agent.runs.recovery import broken, plan
from deployer.agent.runs.release_record import state_of
from deployer.agent.runs.unwinding import Unwinding
from tests.property.model_disk import UNTAR, ModelDisk

APP = "shop"
USER = pwd.getpwuid(os.geteuid()).pw_name
GROUP = grp.getgrgid(os.getegid()).gr_name
PROVING = ("deploy", "rollback")


class ModelHost:
    """Runs on the host; what stops them is up to the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("run", "releases", ".trash"):
            (root / "srv" / APP / folder).mkdir(parents=True)
        for folder in (f"var/lib/deployer/{APP}", "var/log", "opt/backups"):
            (root / folder).mkdir(parents=True)
        self.disk = ModelDisk(root)
        self.runs = 0
        self.open: OpenRun | None = None
        self.ctx = Context(APP, "looking", root=root)

    def begin(self, command: str, release: str = "") -> Context:
        """Open a run; raises Refused."""
        self.runs += 1
        ctx = Context(APP, f"r{self.runs}", release, self.root)
        message: dict[str, object] = {"command": command, "actor": "ann", "settle": []}
        if release:
            number, _, short = release.partition("-")
            revision = short.ljust(40, "0")
            message["release"] = {"id": release, "number": int(number), "revision": revision}
        self.open = open_run(ctx, message, lambda: standing.live(ctx))
        return ctx

    def deploy(self, fails: str = "") -> None:
        """Build, switch and commit; or, if a step fails, put back."""
        number = 1 + max([self.counter, *(int(one[:6]) for one in standing.releases(self.ctx))])
        release = f"{number:06d}-{number:07x}"
        ctx = self.begin("deploy", release)
        build = [self._build(ctx, release)]
        self._orders(ctx, ("BUILD", build), *self._switch(ctx, release), fails=fails)

    def rollback(self) -> None:
        """Go back to the newest good release that is not live."""
        live = standing.live(self.ctx)
        release = next(standing.whole_good_releases(self.ctx, live))
        ctx = self.begin("rollback", release)
        self._orders(ctx, *self._switch(ctx, release), then=(_marked(live, "rolled-back"),))

    def prune(self, keep: int) -> None:
        """Remove what is old."""
        ctx = self.begin("prune")
        wish = {
            "action": "Prune",
            "app": APP,
            "keep_releases": keep,
            "backups_folder": "/opt/backups",
        }
        self._orders(ctx, ("FINISH", [Step("prune", (wish,), ())]))

    def die(self) -> None:
        """Close what the process had open, as the kernel does, and so let go of the lock."""
        self.open = None
        state = str(self.ctx.state_folder)
        for one in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                path = str(one.readlink())
                is_held = path.startswith(state) and path.endswith(("/lock", "/journal"))
                if is_held and int(one.name) not in self.disk.kept:
                    os.close(int(one.name))

    def recover(self) -> int:
        """Do what is done at boot."""
        return recover(APP, self.root, pause=0)

    @property
    def counter(self) -> int:
        return counters.number(self.ctx.state_folder, counters.RELEASES)

    @property
    def committed(self) -> tuple[str, ...]:
        """The runs that proved a release and are committed, as the journal has them."""
        records = load(self.ctx.state_folder / "journal")
        begins = {one["run"]: one for one in records if one["event"] == "begin"}
        ends = [one for one in records if one.get("outcome") == "committed"]
        of = (str(end["run"]) for end in ends)
        return tuple(run for run in of if begins.get(run, {}).get("command") in PROVING)

    def check(self) -> None:
        """Hold what must be true whenever nobody is at work."""
        records = load(self.ctx.state_folder / "journal")
        live = standing.live(self.ctx)
        assert plan(records) is None
        assert broken(records) is None
        assert bool(live) == bool(self.committed)
        if live:
            assert standing.damage(self.ctx, live) == ""
            assert state_of(self.root / "srv" / APP / "releases" / live) == "good"
            assert standing.linked(self.ctx, f"run/{standing.live_colour(self.ctx)}") == live

    def picture(self) -> dict[str, object]:
        """Everything that is on the disk."""
        found = (Path(folder) / name for folder, _, names in os.walk(self.root) for name in names)
        return {
            str(one): str(one.readlink()) if one.is_symlink() else one.read_bytes() for one in found
        }

    def _orders(
        self,
        ctx: Context,
        *orders: tuple[str, list[Step]],
        fails: str = "",
        then: tuple[dict[str, object], ...] = (),
    ) -> None:
        opened = self.open
        assert opened is not None
        work = Orders(opened, ctx, lambda _: None)
        for phase, steps in orders:
            if phase != "FINISH" and not work.carry_out(_order(phase, steps, fails))["ok"]:
                wanted = plan(opened.records)
                assert wanted is not None
                Unwinding(self.root, APP, wanted, opened.journal, lambda _: None).attempt(
                    "it failed", last=False
                )
                return self._close(opened)
        commit(ctx, opened, {})
        tidy(ctx, opened)
        finish = [step for phase, steps in orders if phase == "FINISH" for step in steps]
        work.carry_out(Order("FINISH", (*finish, Step("retire", then, ()))))
        return self._close(opened)

    def _close(self, opened: OpenRun) -> None:
        opened.close()
        self.open = None

    def _build(self, ctx: Context, release: str) -> Step:
        folder = f"/srv/{APP}/releases/{release}"
        put = {"action": "Put", "owner": USER, "group": GROUP, "mode": 0o640}
        names = ("config/app.env", "config/digest")
        return Step(
            "pull",
            (
                *(
                    {**put, "path": f"{folder}/{n}", "content": f"{n} {release}".encode()}
                    for n in names
                ),
                {"action": UNTAR, "path": folder},
                {"action": "Seal", "path": folder, "marker": MARKER, "group": GROUP},
                _marked(release, "staged"),
            ),
            ({"action": "GiveUp", "release": release},),
        )

    def _switch(self, ctx: Context, release: str) -> tuple[tuple[str, list[Step]], ...]:
        colour = standing.other(standing.live_colour(ctx) or "green")
        folder, run = f"/srv/{APP}/releases/{release}", f"/srv/{APP}/run"
        is_new = not (self.root / folder[1:]).exists()
        links = {
            f"{run}/live": folder,
            f"{run}/live.sock": f"/run/{APP}-{colour}/app.sock",
            f"/srv/{APP}/current": f"releases/{release}",
        }
        mark = (_marked(release, "live"),) if is_new else ()
        restart = Step(
            "restart", (*mark, _link(f"{run}/{colour}", folder)), (_back(f"{run}/{colour}"),)
        )
        activate = Step(
            "activate",
            tuple(_link(path, target) for path, target in links.items()),
            tuple(_back(path) for path in links),
        )
        return (("PUBLISH", [restart]), ("VERIFY", [activate]))


def _order(phase: str, steps: list[Step], fails: str) -> Order:
    return Order(phase, tuple(_failing(one) if one.name == fails else one for one in steps))


def _failing(step: Step) -> Step:
    return Step(step.name, (*step.do, {"action": "Link", "path": "/etc/passwd"}), step.undo)


def _marked(release: str, state: str) -> dict[str, object]:
    return {"action": "Mark", "release": release, "state": state}


def _link(path: str, target: str) -> dict[str, object]:
    return {"action": "Link", "path": path, "target": target}


def _back(path: str) -> dict[str, object]:
    return {"action": "PutBack", "path": path}
