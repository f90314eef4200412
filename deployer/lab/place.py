"""Where a lab is: its folder, and the names on this machine that follow from the folder."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import LabError
from deployer.lab import boot, cgroups, network, state
from deployer.lab.host import LabHost
from deployer.lab.machine import unmount_below, write
from deployer.lab.state import LabState


@dataclass(frozen=True, slots=True)
class LabPlace:
    """The folder of a lab; two folders never share a name on the machine."""

    folder: Path

    @property
    def mark(self) -> str:
        """Six characters in the name of every group, link and bridge of this lab."""
        return hashlib.sha256(str(self.folder).encode()).hexdigest()[:6]

    @property
    def bridge(self) -> str:
        """The network device that joins the hosts."""
        return f"lab-{self.mark}"

    @property
    def lock(self) -> Path:
        """The file that whoever changes the lab has locked."""
        return Path("/run/deployer-lab", f"{self.mark}.lock")

    @property
    def key(self) -> Path:
        """The private key that root of every host accepts."""
        return self.folder / "id_ed25519"

    @property
    def names(self) -> Path:
        """The /etc/hosts of every host."""
        return self.folder / "hosts"

    @property
    def known_hosts(self) -> Path:
        """The pinned host keys, in the format of ssh."""
        return self.folder / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        """A file for `ssh -F` that knows every host, its key and its pins."""
        return self.folder / "ssh_config"

    @property
    def state_file(self) -> Path:
        """What the lab remembers."""
        return self.folder / "lab.json"

    def disk(self, host: LabHost) -> Path:
        """The folder of one host: its disk, keys and log."""
        return self.folder / "disks" / host.machine

    def recall(self) -> LabState:
        """Return what the lab remembers; LabError if it is down."""
        found = state.load(self.state_file)
        if found is None:
            raise LabError(f"The lab `{self.folder.name}` is down.", hint="inv lab.up")
        return found

    def remember(self, found: LabState) -> None:
        """Write down the hosts, for the next command, for ssh and for the hosts themselves."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.names.write_text(state.hosts_file(found))  # in place: hosts have this inode mounted
        write(self.known_hosts, state.known_hosts(found))
        write(self.ssh_config, state.ssh_config(found, self.known_hosts))
        state.save(self.state_file, found)

    def clear(self) -> None:
        """Kill, unplug, unmount and delete by name, so that a crashed lab needs no record."""
        for group in cgroups.groups_named(f"lab-{self.mark}-"):
            boot.stop(group)
        network.delete_bridge(self.bridge)
        unmount_below(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
