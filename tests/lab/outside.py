"""What a stranger can see of a host: over ssh with testinfra, on its disks, and over HTTP."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message

import testinfra
from testinfra.host import Host

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.lab.project import Project

COLOURS = ("blue", "green")


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to one request."""

    status: int
    headers: Message
    text: str


def look(lab: Lab, host: LabHost) -> Host:
    """A host as testinfra sees it, over ssh as root."""
    return testinfra.get_host(f"ssh://{host.name}", ssh_config=str(lab.ssh_config))


def ask(project: Project, host: LabHost, path: str) -> Page:
    """Ask a host's web server for a page of the app."""
    request = urllib.request.Request(
        f"http://{host.address}{path}", headers={"Host": project.server_name}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Page(answer.status, answer.headers, answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return Page(error.code, error.headers, error.read().decode(errors="replace"))


def live(host: LabHost, app: str) -> str:
    """The id of the release that serves."""
    return host.run(f"readlink /srv/{app}/run/live").stdout.strip().rpartition("/")[2]


def live_colour(host: LabHost, app: str) -> str:
    """The colour that nginx sends requests to."""
    socket = host.run(f"readlink /srv/{app}/run/live.sock").stdout.strip()
    return socket.removeprefix(f"/run/{app}-").removesuffix("/app.sock")


def releases(host: LabHost, app: str) -> dict[str, str]:
    """Every release on a host and its state, the oldest first."""
    read = (
        "import glob, json; print(json.dumps({one['id']: one['state'] for one in "
        f"(json.load(open(f)) for f in sorted(glob.glob('/srv/{app}/releases/*/release.json')))}}))"
    )
    found = json.loads(host.run(f'python3 -c "{read}"').stdout)
    return {str(key): str(value) for key, value in found.items()}


def disk_of(host: LabHost, app: str) -> str:
    """A digest of all that belongs to an app: its folders, its units, its site."""
    places = f"/srv/{app} /etc/nginx /etc/systemd/system /opt/backups"
    shown = host.run(f"find {places} -printf '%p %s %l %T@\\n' | grep -v '/shared' | sort")
    return shown.stdout


def wait_for_end(host: LabHost, unit: str) -> None:
    """Wait until a unit, kept warm for a while, has stopped and its last process is gone."""
    ended = f"systemctl show -P ActiveState {unit} | grep -qxE 'inactive|failed'"
    line = f"for i in $(seq 300); do {ended} && exit 0; sleep 0.1; done; exit 1"
    assert host.run(line).returncode == 0, host.run(f"systemctl status {unit}").stdout
