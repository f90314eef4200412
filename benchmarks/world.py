"""The hosts of a benchmark: the same shop twice, one app for us and one for all peers."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measured import Stopwatch, Taken, WentWrong, inherited
from benchmarks.ways import HERE, INV, OURS, PEERS, Toolbox
from deployer.core.release import Layout
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from deployer.transport.wheels import LocalWheels
from examples.shop import history
from examples.wheelhouse import fetch

V5 = 'REVISION = "v5"'
COOL = """\
for colour in blue green; do
  [ "$(readlink /srv/shop/run/live.sock)" = "/run/shop-$colour/app.sock" ] ||
    systemctl stop "deployer-shop-cool-shop-$colour.timer" "shop@$colour.service" 2>/dev/null
done
true
"""
BARE = f"""\
systemctl disable --quiet --now {PEERS} 2>/dev/null
cd /srv/{PEERS} && rm -rf releases/* venv current previous gunicorn.conf.py shared/db.sqlite3*
rm -rf /opt/backups/{PEERS}_* /etc/nginx/sites-*/{PEERS}.conf /etc/systemd/system/{PEERS}.service
systemctl daemon-reload && nginx -s reload
"""


class World:
    """One lab; all ways type their commands from `folder`."""

    def __init__(self, lab: Lab, hosts: int, tools: Path) -> None:
        self.lab = lab
        self.hosts: tuple[LabHost, ...] = lab.up(hosts)
        self.folder = lab.folder / "benchmark"
        self.repository = self.folder / "repository"
        self.folder.mkdir()
        names = tuple(host.name for host in self.hosts)
        self.toolbox = Toolbox(names, self.folder, tools)
        self.stopwatch = Stopwatch(lab.name, self.hosts)
        self.environ = {
            **inherited(),
            "SECRET_KEY": "only-for-the-benchmark-0123456789",
            "APP": PEERS,
            "SERVER_NAME": server_name(PEERS),
            "REPOSITORY": str(self.repository),
            "SSH_CONFIG": str(lab.ssh_config),
            "ANSIBLE_CONFIG": str(HERE / "peers/ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
        }

    def prepare(self) -> None:
        """Bring hosts to where a first deploy begins; the wheels are there already."""
        history.build(self.repository)
        page = self.repository / "catalog/templates/catalog/cart.html"
        page.write_text(page.read_text().replace("Nothing in it yet.", "It is empty."))
        (self.repository / "shop/__init__.py").write_text(f'"""A small shop."""\n\n{V5}\n')
        history.commit(self.repository, "Say it another way")
        history.git(self.repository, "tag", "v5")
        fetch(self.repository / "requirements.txt", self.folder / "wheels")
        for app in (OURS, PEERS):
            self._make_project(app)
            self._run((INV, "setup", "--env", app), self.folder / app)
        self._furnish()
        self._tell_peers()

    def type(self, way: str, task: str, revision: str) -> Taken:
        """Type one command and see that the revision is live everywhere; says what it took."""
        typed = self.toolbox.typed(way, task, revision)
        taken = self._run(typed.words, self.folder / typed.folder)
        self._expect(OURS if way == "ours" else PEERS, revision)
        return taken

    def cool(self) -> None:
        """Stop our idle colour now, as it is two minutes after a deploy."""
        for host in self.hosts:
            host.run(COOL)

    def bare(self) -> None:
        """Take the peers' app to where a first deploy begins."""
        for host in self.hosts:
            host.run(BARE)

    def _run(self, words: tuple[str, ...], folder: Path) -> Taken:
        return self.stopwatch.run(words, folder, self.environ)

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

    def _furnish(self) -> None:
        wheels = LocalWheels(self.folder / "wheels")
        packed = self.folder / "wheels.tar.gz"
        packed.write_bytes(wheels.archive())
        lines = "".join(f"{key}='{value}'\n" for key, value in settings(PEERS).items())
        lines += f"SECRET_KEY='{self.environ['SECRET_KEY']}'\n"
        root, ours = f"/srv/{PEERS}", Layout(OURS).wheelhouse(wheels.key)
        for host in self.hosts:
            shutil.copy(packed, Path(f"/proc/{host.leader}/root/root/wheels.tar.gz"))
            host.run(f"umask 027; cat >{root}/shared/app.env", input=lines)
            host.run(f"chgrp {PEERS} {root}/shared/app.env; mkdir -p {root}/shared/media")
            for place, group in ((ours, OURS), (f"{root}/wheelhouse", PEERS)):
                unpack = f"mkdir -p {place} && tar -xzC {place} --no-same-owner"
                host.run(f"umask 022; {unpack} -f /root/wheels.tar.gz; chgrp -R {group} {place}")

    def _tell_peers(self) -> None:
        data = {
            "app": PEERS,
            "server_name": server_name(PEERS),
            "files": str(HERE / "peers/files"),
            "ssh_config_file": str(self.lab.ssh_config),
            "ssh_strict_host_key_checking": "yes",
            "ssh_known_hosts_file": str(self.lab.known_hosts),
        }
        names = [host.name for host in self.hosts]
        (self.folder / "pyinfra_hosts.py").write_text(f"web = ({names!r}, {data!r})\n")
        (self.folder / "ansible_hosts.ini").write_text(
            "\n".join((*names, "[all:vars]", f"app={PEERS}", f"server_name={server_name(PEERS)}"))
            + f"\nansible_ssh_common_args=-F {self.lab.ssh_config}\n"
        )


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
