"""What a lab remembers between two commands, in `lab.json` of its folder."""

from ipaddress import IPv4Network
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from deployer.errors import LabError
from deployer.lab.host import LabHost
from deployer.lab.machine import write

FIRST_HOST = 11  # the last number of the first host's address; .1 is this machine


class LabState(BaseModel):
    """The hosts of a lab and the network they share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: IPv4Network
    hosts: tuple[LabHost, ...] = ()
    made: int = 0  # hosts ever made, so that a name of nspawn is not used twice

    def address(self, number: int) -> str:
        """Return the address of the host with this number, counted from 0."""
        return str(self.network[FIRST_HOST + number])


def load(path: Path) -> LabState | None:
    """Return the lab's state, or None if the lab is down."""
    try:
        return LabState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise LabError(f"`{path}` cannot be read.", hint="inv lab.down") from error


def save(path: Path, state: LabState) -> None:
    """Replace the lab's state; a reader sees the old one or the new one."""
    partial = path.with_suffix(".partial")
    write(partial, state.model_dump_json(indent=2), 0o600)
    partial.replace(path)


def hosts_file(state: LabState) -> str:
    """Return the /etc/hosts that every host of the lab reads."""
    lines = ["127.0.0.1 localhost", f"{state.network[1]} controller controller.lab.test"]
    lines += [f"{host.address} {host.name} {host.name}.lab.test" for host in state.hosts]
    return "\n".join(lines) + "\n"


def known_hosts(state: LabState) -> str:
    """Return the pinned keys in the format of ssh (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
    return "".join(
        f"{host.name},{host.address} {key}\n" for host in state.hosts for key in host.host_keys
    )


def ssh_config(state: LabState, known_hosts_file: Path) -> str:
    """Return an ssh_config with which `ssh -F FILE web1` logs in as root."""
    blocks = [
        f"Host {host.name} {host.address}\n"
        f"  HostName {host.address}\n"
        f"  User root\n"
        f"  IdentityFile {host.key}\n"
        f"  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {known_hosts_file}\n"
        f"  GlobalKnownHostsFile /dev/null\n"
        f"  StrictHostKeyChecking yes\n"
        f"  ConnectTimeout 10\n"
        for host in state.hosts
    ]
    return "\n".join(blocks)
