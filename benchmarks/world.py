"""The hosts of a benchmark, with the same shop deployed by both ways, side by side."""

import json
import os
import resource
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.lab import cgroups
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from examples.shop import history
from examples.wheelhouse import fetch

HERE = Path(__file__).resolve().parent
INV = str(Path(sys.executable).parent / "inv")
OURS, BASH = "shop", "bashshop"
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
V5 = 'REVISION = "v5"'
COOL = """\
for colour in blue green; do
  [ "$(readlink /srv/shop/run/live.sock)" = "/run/shop-$colour/app.sock" ] ||
    systemctl stop "deployer-shop-cool-shop-$colour.timer" "shop@$colour.service" 2>/dev/null
done
true
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took: seconds on the clock, and of the processors here and on all hosts."""

    wall: float
    cpu: float


class WentWrong(Exception):
    """A command did not do what it should; its output is the text."""


class World:
    """One lab; both ways type their commands from `folder`."""

    def __init__(self, lab: Lab, hosts: int) -> None:
        self.lab = lab
        self.hosts: tuple[LabHost, ...] = lab.up(hosts)
        self.folder = lab.folder / "benchmark"
        self.repository = self.folder / "repository"
        self.folder.mkdir()
        # An installed tool has its bytecode; without it each run would compile all sources.
        inherited = {key: os.environ[key] for key in os.environ if key != NO_BYTECODE}
        self.environ = {**inherited, "SECRET_KEY": "only-for-the-benchmark-0123456789"}

    def prepare(self) -> None:
        """Bring hosts and both apps to where a redeploy begins: v4 live, v5 before it."""
        history.build(self.repository)
        page = self.repository / "catalog/templates/catalog/cart.html"
        page.write_text(page.read_text().replace("Nothing in it yet.", "It is empty."))
        (self.repository / "shop/__init__.py").write_text(f'"""A small shop."""\n\n{V5}\n')
        history.commit(self.repository, "Say it another way")
        history.git(self.repository, "tag", "v5")
        fetch(self.repository / "requirements.txt", self.folder / "wheels")
        for app in (OURS, BASH):
            self._make_project(app)
            self.run(self._inv("setup", app), self.folder / app)
        self._furnish_bash()
        for revision in ("v5", "v4"):
            self.ours("deploy", revision)
            self.bash("deploy", revision)

    def ours(self, task: str, revision: str) -> Taken:
        """Type `inv deploy` or `inv rollback`; says what it took."""
        words = ("--revision", revision, "--unfreeze") if task == "deploy" else ()
        taken = self.run(self._inv(task, OURS, *words), self.folder / OURS)
        self._expect(OURS, revision)
        return taken

    def bash(self, task: str, revision: str) -> Taken:
        """Type `deploy.sh` or `rollback.sh`; says what it took."""
        words = (revision,) if task == "deploy" else ()
        names = (host.name for host in self.hosts)
        taken = self.run(("bash", str(HERE / f"{task}.sh"), *words, *names), self.folder)
        self._expect(BASH, revision)
        return taken

    def cool(self) -> None:
        """Stop our idle colour now, as it is two minutes after a deploy."""
        for host in self.hosts:
            host.run(COOL)

    def run(self, words: tuple[str, ...], folder: Path) -> Taken:
        """Run a command that has to succeed; says what it took."""
        environ = self.environ | {
            "APP": BASH,
            "SERVER_NAME": server_name(BASH),
            "REPOSITORY": str(self.repository),
            "SSH_CONFIG": str(self.lab.ssh_config),
        }
        used, began = self._cpu(), time.perf_counter()
        done = subprocess.run(
            words,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        taken = Taken(time.perf_counter() - began, self._cpu() - used)
        if done.returncode != 0:
            raise WentWrong(f"$ {' '.join(words[:4])}\n{done.stdout}{done.stderr}")
        return taken

    def _cpu(self) -> float:
        here = resource.getrusage(resource.RUSAGE_CHILDREN)
        root = cgroups.roots()[0]
        stats = ((root / host.group / "cpu.stat").read_text() for host in self.hosts)
        there = sum(int(stat.split()[1]) for stat in stats)  # usage_usec comes first
        return here.ru_utime + here.ru_stime + there / 1e6

    def _inv(self, task: str, app: str, *words: str) -> tuple[str, ...]:
        return (INV, task, "--env", app, *words)

    def _expect(self, app: str, revision: str) -> None:
        for host in self.hosts:
            url = f"http://{host.address}/healthz"
            request = urllib.request.Request(url, headers={"Host": server_name(app)})
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    found = json.loads(answer.read())
            except urllib.error.HTTPError as error:
                raise WentWrong(f"{app} on {host.name} answers {error.code}") from error
            if found["revision"] != revision:
                raise WentWrong(f"{app} on {host.name} is {found['revision']}, not {revision}")

    def _make_project(self, app: str) -> None:
        folder = self.folder / app
        (folder / "inventories").mkdir(parents=True)
        (folder / "tasks.py").write_text("from deployer.cli.tasks import namespace\n")
        self.lab.write_inventory(folder / f"inventories/{app}.yaml", extra={"app": section(app)})

    def _furnish_bash(self) -> None:
        lines = "".join(f"{key}='{value}'\n" for key, value in settings(BASH).items())
        lines += f"SECRET_KEY='{self.environ['SECRET_KEY']}'\n"
        root = f"/srv/{BASH}"
        for host in self.hosts:
            host.run(f"umask 027; cat >{root}/shared/app.env", input=lines)
            host.run(f"chgrp {BASH} {root}/shared/app.env; mkdir -p {root}/shared/media")
            wheels = f"{self.folder}/wheels"
            into = f"ssh -F {self.lab.ssh_config} {host.name} tar -xC {root} --no-same-owner"
            self.run(("bash", "-c", f"tar -cC {wheels}/.. wheels | {into}"), self.folder)
            host.run(f"mv {root}/wheels {root}/wheelhouse")


def server_name(app: str) -> str:
    """Give the name under which an app is served."""
    return f"{app}.bench.test"


def settings(app: str) -> Mapping[str, str]:
    """Give the environment of an app, besides its secret."""
    return {
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "ALLOWED_HOSTS": server_name(app),
        "DATABASE_URL": f"sqlite:////srv/{app}/shared/db.sqlite3",
        "MEDIA_ROOT": f"/srv/{app}/shared/media",
    }


def section(app: str) -> dict[str, object]:
    """Give the `app:` of our inventory."""
    site = {"kind": "nginx", "server_names": [server_name(app)], "media_url": "/media/"}
    return {
        "name": app,
        "source": {
            "kind": "git",
            "url": "../repository",
            "revision": "v4",
            "transport": "push",
        },
        "installer": {"kind": "pip", "require_hashes": True, "wheelhouse": "../wheels"},
        "framework": {"kind": "django", "settings": "shop.settings"},
        "app_server": {"kind": "gunicorn", "module": "shop.wsgi:application"},
        "web_server": site,
        "database": {"kind": "sqlite", "path": "db.sqlite3"},
        "env": {"SECRET_KEY": {"secret": "SECRET_KEY"}, **settings(app)},
        "shared": {"directories": ["media"]},
        "health": {"path": "/healthz", "settle": "0s"},
    }
