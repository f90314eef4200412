"""A user's project whose hosts are lab hosts: an inventory, an app's repository, and `inv`."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path

from ruamel.yaml import YAML

from deployer.lab.host import LabHost
from tests.apps import App

INV = str(Path(sys.executable).parent / "inv")


class Project:
    """Types commands in a folder of its own; the environment is called `lab`."""

    def __init__(self, folder: Path, hosts: Sequence[LabHost], app: App, **changes: object) -> None:
        self.folder = folder
        self.hosts = tuple(hosts)
        self.app = app
        self.environ = {**os.environ, **app.secrets, "CI": "true"}
        (folder / "inventories").mkdir(parents=True, exist_ok=True)
        (folder / "tasks.py").write_text("from deployer.cli.tasks import namespace\n")
        self.inventory: dict[str, object] = {
            "app": {**deepcopy(dict(app.section)), **changes},
            "hosts": {
                host.name: {
                    "address": host.address,
                    "roles": ["web", "migrate"] if number == 0 else ["web"],
                    "host_keys": list(host.host_keys),
                }
                for number, host in enumerate(hosts)
            },
            "ssh": {"user": "deploy", "setup_user": "root", "identity": str(hosts[0].key)},
        }
        self.write()

    def write(self) -> None:
        """Write the inventory as it is now."""
        with (self.folder / "inventories/lab.yaml").open("w") as file:
            YAML(typ="safe").dump(self.inventory, file)

    def section(self, *keys: str) -> dict[str, object]:
        """Give a part of the inventory to change; call `write` afterwards."""
        found: object = self.inventory
        for key in keys:
            assert isinstance(found, dict)
            found = found.setdefault(key, {})
        assert isinstance(found, dict)
        return found

    def inv(self, *words: str, timeout: float = 180.0) -> subprocess.CompletedProcess[str]:
        """Type `inv …` for the environment, without a terminal."""
        return subprocess.run(
            [INV, *words, "--env", "lab"],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def events(self, *words: str) -> tuple[int, list[dict[str, object]]]:
        """Type a command with `--output json`; gives its exit code and events."""
        done = self.inv(*words, "--output", "json")
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def started(self, *words: str) -> "subprocess.Popen[str]":
        """Begin a command whose lines are read while it runs."""
        return self.begun(*words, "--verbose", "--output", "plain")

    def begun(self, *words: str) -> "subprocess.Popen[str]":
        """Type a command and do not wait for it."""
        return subprocess.Popen(
            [INV, *words, "--env", "lab"],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def must(self, *words: str) -> str:
        """Type a command that has to succeed; gives what it printed."""
        done = self.inv(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str = "/", host: LabHost | None = None) -> tuple[int, str]:
        """Ask a host through its web server, as a user would."""
        asked = host or self.hosts[0]
        request = urllib.request.Request(
            f"http://{asked.address}{path}", headers={"Host": self.server_name}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")

    @property
    def server_name(self) -> str:
        """The name under which the site is served."""
        site = self.section("app", "web_server")
        names = site["server_names"]
        assert isinstance(names, list)
        return str(names[0])

    def healthz(self, host: LabHost | None = None) -> Mapping[str, object]:
        """Ask the shop how it is."""
        status, body = self.get("/healthz", host)
        assert status == 200, body
        found = json.loads(body)
        assert isinstance(found, dict)
        return found


def until(command: "subprocess.Popen[str]", *words: str) -> bool:
    """Read lines of a command that was started, until one has all these words."""
    assert command.stdout is not None
    return any(all(word in line for word in words) for line in command.stdout)
