"""One host of the lab: where it is, how to log in, and a way in that needs no network."""

import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deployer.errors import LabError
from deployer.lab import cgroups, network

SSH_PORT = 22
ENVIRONMENT = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root")


class LabHost(BaseModel):
    """A host: what tests and inventories need to know of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    address: str
    machine: str  # its name for nspawn, unique on this machine
    host_keys: tuple[str, ...]  # "ssh-ed25519 AAAA…", to pin
    key: Path  # the private key root accepts
    postgres: bool = False
    disk: int = 0  # megabytes of a disk of its own; 0: it shares that of the machine
    mariadb: bool = False

    @property
    def group(self) -> str:
        """The name of its control group."""
        return f"lab-{self.machine}"

    @property
    def link(self) -> str:
        """The machine's end of its network cable; nspawn names it so up to 12 characters."""
        return f"vb-{self.machine}"

    @property
    def leader(self) -> int:
        """The process id, seen from the machine, of the host's PID 1; LabError if it is down."""
        for root in cgroups.roots():
            for process in cgroups.processes(root / self.group):
                if _is_first_of_a_namespace(process):
                    return process
        raise LabError(f"The lab host `{self.name}` is not running.", hint="inv lab.up")

    @property
    def is_running(self) -> bool:
        """Whether the host has a PID 1."""
        try:
            return self.leader > 0
        except LabError:
            return False

    def has_started_again(self, before: int) -> bool:
        """Whether it has another PID 1 than `before`; between two boots it has none."""
        try:
            return self.leader != before
        except LabError:
            return False

    @property
    def is_linked(self) -> bool:
        """Whether its network cable is plugged in."""
        with suppress(OSError):
            return network.is_up(self.link)
        return False

    @property
    def answers_ssh(self) -> bool:
        """Whether sshd greets, as ssh itself would see it."""
        try:
            with socket.create_connection((self.address, SSH_PORT), timeout=1) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    @property
    def is_ready(self) -> bool:
        """Whether users may log in and the databases answer that it shall have."""
        if not self.is_running:
            return False
        if not self.answers_ssh:
            return False
        inside = Path(f"/proc/{self.leader}/root")
        wanted = {
            "run/postgresql/.s.PGSQL.5432": self.postgres,
            "run/mysqld/mysqld.sock": self.mariadb,
        }
        answers = all((inside / path).exists() for path, asked in wanted.items() if asked)
        return answers and not (inside / "run/nologin").exists()

    def run(
        self,
        command: str,
        *,
        input: str = "",  # noqa: A002  named as in subprocess.run
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell line inside as root, past sshd and the network; for tests.

        Raises subprocess.TimeoutExpired; a non-zero end is an answer, not an error.
        """
        into = ("nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid")
        return subprocess.run(  # noqa: S603  a test's own line, into a host that is thrown away
            (*into, "--root", "--wd", "env", "-i", *ENVIRONMENT, "sh", "-c", command),
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


def _is_first_of_a_namespace(process: int) -> bool:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return line.split()[2:] == ["1"]
    return False
