"""The whole story on one real host: set up, deploy, upgrade, break, come back, roll back.

`./run demo` runs it. Every command that it shows is one that you can type yourself.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from deployer.errors import DeployerError
from deployer.lab.lab import Lab
from deployer.lab.traffic import Seen, Traffic

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from examples.shop import history  # noqa: E402  the examples are beside this file
from examples.wheelhouse import fetch  # noqa: E402

NAME = "shop.lab.test"
EXPECTED = {"setup": 0, "v1": 0, "v2": 0, "v3": 6, "again": 0, "rollback": 0}


def main() -> int:
    """Run the demo; gives 0 only if everything ended as it should."""
    keep = "--keep" in sys.argv[1:]
    hosts = 3 if "--hosts=3" in sys.argv[1:] else 1
    lab = Lab("demo", project=PROJECT, emit=say)
    title(f"boot {hosts} disposable Debian host(s): systemd, sshd, nginx, nothing of ours")
    try:
        lab.up(hosts=hosts)
        story = Story(lab)
        story.tell()
        return story.verdict()
    except DeployerError as error:
        say(f"error: {error.message}\nhint: {error.hint}")
        return error.exit_code
    finally:
        if keep:
            say(f"\nThe hosts stay up. Play on in {lab.folder / 'project'}; end: inv lab.down")
        else:
            lab.down()


class Story:
    """The commands of the demo, and whether each ended as it should."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.folder = lab.folder / "project"
        self.wrong: list[str] = []
        self.lost = 0

    def tell(self) -> None:
        """Type the commands one after the other."""
        title("a project: the shop's git repository, its wheels, one inventory")
        self._make_project()
        title("set up the bare host: users, folders, rights, nginx")
        self._type("setup")
        title("deploy v1")
        self._type("deploy --revision v1", self._expect("v1"))
        self._look()
        title("deploy v2 with a migration, while users keep knocking")
        with self._users() as users:
            self._type("deploy --revision v2", self._expect("v2"))
        self._count(users.seen)
        title("the same again: already live")
        self._type("deploy --revision v2")
        title("deploy v3, which is broken, while users keep knocking")
        with self._users() as users:
            self._type("deploy --revision v3", self._expect("v3"))
        self._count(users.seen)
        self._look()
        title("deploy v4, then change our mind: roll back by hand")
        self._type("deploy --revision v4")
        with self._users() as users:
            self._type("rollback")
        self._count(users.seen)
        self._look()
        title("where we are, and what happened")
        self._type("status")
        self._type("releases")
        self._type("history")

    def verdict(self) -> int:
        """Say how it went."""
        if self.wrong or self.lost:
            say("\n" + "\n".join([*self.wrong, f"requests lost: {self.lost}"]))
            return 1
        say("\nAll as it should be; no request was lost.")
        return 0

    def _make_project(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "inventories").mkdir(parents=True)
        (self.folder / "tasks.py").write_text("from deployer.cli.tasks import namespace\n")
        repository = self.folder / "shop"
        commits = history.build(repository)
        say(f"  {len(commits)} revisions in {repository}")
        fetch(repository / "requirements.txt", self.folder / "wheels")
        self.lab.write_inventory(self.folder / "inventories/demo.yaml", extra=inventory())
        say((self.folder / "inventories/demo.yaml").read_text())

    def _type(self, words: str, expected: int = 0) -> None:
        command = words.split()
        say(f"\n$ inv {words}" + ("" if "--env" in words else " --env demo"))
        environ = {**os.environ, "SECRET_KEY": "only-for-the-demo-0123456789abcdef"}
        inv = str(Path(sys.executable).parent / "inv")
        done = subprocess.run(
            [inv, *command, "--env", "demo"], cwd=self.folder, env=environ, check=False
        )
        if done.returncode != expected:
            self.wrong.append(f"`inv {words}` ended with {done.returncode}, not {expected}")

    def _expect(self, name: str) -> int:
        return EXPECTED[name]

    def _look(self) -> None:
        host = self.lab.hosts[0]
        page = ["curl", "-s", "--max-time", "10", "-H", f"Host: {NAME}", f"http://{host.address}/"]
        shown = subprocess.run(page, capture_output=True, text=True, check=False)
        marks = [line.strip() for line in shown.stdout.splitlines() if 'id="re' in line]
        say(f"\n$ curl -H 'Host: {NAME}' http://{host.address}/     # through nginx")
        say("\n".join(f"  {mark}" for mark in marks[:4]) or "  (no page)")

    @contextlib.contextmanager
    def _users(self) -> Iterator[Traffic]:
        host = self.lab.hosts[0]
        with Traffic(host.address, NAME, paths=("/", "/healthz"), mark='id="revision">') as users:
            yield users

    def _count(self, seen: Seen) -> None:
        say(f"users saw: {seen}; pages by revision: {seen.bodies}")
        self.lost += seen.lost


def inventory() -> dict[str, object]:
    """Give what the demo's inventory says besides its hosts."""
    return {
        "app": {
            "name": "shop",
            "source": {"kind": "git", "url": "shop", "revision": "v1", "transport": "push"},
            "installer": {"kind": "pip", "require_hashes": True, "wheelhouse": "wheels"},
            "framework": {"kind": "django", "settings": "shop.settings"},
            "app_server": {"kind": "gunicorn", "module": "shop.wsgi:application"},
            "web_server": {"kind": "nginx", "server_names": [NAME], "media_url": "/media/"},
            "database": {"kind": "sqlite", "path": "db.sqlite3"},
            "env": {
                "SECRET_KEY": {"secret": "SECRET_KEY"},
                "ALLOWED_HOSTS": NAME,
                "DATABASE_URL": "sqlite:////srv/shop/shared/db.sqlite3",
                "MEDIA_ROOT": "/srv/shop/shared/media",
                "GREETING": '100% "sûr" $HOME',
            },
            "shared": {"directories": ["media"]},
            "health": {"path": "/healthz", "timeout": "8s", "settle": "1s", "smoke": ["/"]},
        }
    }


def title(text: str) -> None:
    """Show what comes next."""
    say(f"\n=== {text}")


def say(text: str) -> None:
    """Show a line at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
