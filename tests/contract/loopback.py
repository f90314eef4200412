"""A real, unprivileged sshd on loopback."""

import getpass
import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

SSHD = "/usr/sbin/sshd"


def make_key(path, kind="ed25519", passphrase="", options=()):
    subprocess.run(
        ("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", path, *options), check=True
    )
    return path.with_name(path.name + ".pub").read_text().strip().rpartition(" ")[0]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@dataclass
class Sshd:
    folder: Path
    port: int = 0
    lines: list[str] = field(default_factory=list)
    keys: tuple[str, ...] = ("host_ed25519",)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self):
        self.port = self.port or free_port()
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        config = self.folder / f"sshd_{self.port}"
        config.write_text(
            "\n".join(
                [
                    *self.lines,
                    f"Port {self.port}",
                    "ListenAddress 127.0.0.1",
                    "UsePAM no",
                    "StrictModes no",
                    "PasswordAuthentication no",
                    "PidFile none",
                    f"AuthorizedKeysFile {self.folder}/authorized_keys",
                    *(f"HostKey {self.folder}/{name}" for name in self.keys),
                ]
            )
            + "\n"
        )
        with (self.folder / f"log_{self.port}").open("wb") as log:
            self.process = subprocess.Popen(
                (SSHD, "-D", "-e", "-f", config), stdin=subprocess.DEVNULL, stderr=log
            )
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.01)  # noqa: TID251  a real sshd needs real time to boot
            else:
                return self
        raise TimeoutError

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def restart(self):
        self.stop()
        self.start()

    def run(self, words):
        subprocess.run(words, check=True)

    def log(self):
        return (self.folder / f"log_{self.port}").read_text()


def user():
    return getpass.getuser()
