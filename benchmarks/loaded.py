"""An app under load: releases that work and that do not, and what is done with them."""

from collections.abc import Mapping
from pathlib import Path

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.apps import DATA, commit
from tests.lab.project import Project
from tests.lab.streams import streams

NAME = "streams"
HEAD = "import os, sys, threading\n\nIS_UNIT = 'INVOCATION_ID' in os.environ\n"
LIES = """\
FRAME = sys._getframe()
while FRAME and IS_UNIT:
    worker = FRAME.f_locals.get("self")
    if hasattr(worker, "cfg"):
        worker.cfg.post_worker_init.__globals__["_release"] = "000001-0000000"
    FRAME = FRAME.f_back
"""
BROKEN: Mapping[str, str] = {
    "crash at import": "if IS_UNIT:\n    raise RuntimeError('it cannot go on')\n",
    "crash later": "if IS_UNIT:\n    threading.Timer(1.0, os._exit, (1,)).start()\n",
    "500": "HEALTHY = False\n",
    "hang": "if IS_UNIT:\n    threading.Event().wait(600)\n",
    "wrong release": LIES,
}
"""What makes a release bad, once it runs as a unit."""
CODES = {"good": (0,), "rollback": (0,), **dict.fromkeys(BROKEN, (6,))}


class WentWrong(Exception):
    """A command did not end as it should; its output is the text."""


class Loaded:
    """Hosts with the app on them; with several there is one more, the balancer in front."""

    def __init__(self, lab: Lab, hosts: int) -> None:
        booted = lab.up(hosts + (hosts > 1))
        self.web, rest = booted[:hosts], booted[hosts:]
        folder = lab.folder / "load"
        self.project = Project(folder / "project", booted, streams(folder / "app"))
        self._source = (DATA / "streams/streams/app.py").read_text()
        self._revisions = 0
        self._runtime("blue-green")
        self.project.section("app", "health").update(settle="2s", interval="0.25s", timeout="12s")
        for balancer in rest:
            self.project.section("hosts", balancer.name)["roles"] = ["balancer"]
            self.project.inventory["balancer"] = {"kind": "nginx", "drain": "10s"}
            self.project.inventory["rollout"] = {"batches": [1, "100%"]}
        self.project.write()
        self.front = (*rest, *self.web)[0].address
        self.project.must("setup")
        self.do("good")
        for host in self.web if rest else ():
            self.project.must("undrain", "--host", host.name)

    def becomes(self, kind: str) -> None:
        """Have the inventory name another restart kind, and deploy with it."""
        self._runtime(kind)
        self.project.write()
        self.do("good")

    def do(self, what: str) -> str:
        """Deploy a release of some sort, or roll back; gives why it failed. Raises WentWrong."""
        if what == "rollback":
            words: tuple[str, ...] = ("rollback",)
        else:
            words = ("deploy", "--revision", self._revision(BROKEN.get(what, "")))
        done = self.project.inv(*words, timeout=400)
        if done.returncode not in CODES[what]:
            raise WentWrong(f"{what}: {done.returncode}\n{done.stdout}{done.stderr}")
        return next((line for line in done.stdout.splitlines() if "FAILED" in line), "")

    def restart_in_place(self) -> None:
        """Do what a hand-written script does at its end, with the same release."""
        for host in self.web:
            host.run(f"systemctl restart {NAME}@{colour(host)}")

    def _runtime(self, kind: str) -> None:
        self.project.section("app", "runtime").update(
            restart=kind, drain="3s", keep_warm="4s", start_timeout="8s"
        )

    def _revision(self, change: str) -> str:
        self._revisions += 1
        source = f"{self._source}\n{HEAD}\nNUMBER = {self._revisions}\n{change}"
        message = f"Be number {self._revisions}"
        return commit(self.project.app, message, {f"{NAME}/app.py": source})


def colour(host: LabHost) -> str:
    """Give the colour that serves."""
    found = host.run(f"readlink /srv/{NAME}/run/live.sock").stdout
    return "blue" if Path(found).parent.name.endswith("blue") else "green"
