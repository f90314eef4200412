"""Asks OpenSSH what the user's ssh_config says about a host (`ssh -G`), exactly as ssh reads it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.core.transport import HostAddress
from deployer.errors import HostUnreachable
from deployer.transport.known_hosts import SSH_PORT
from deployer.transport.ssh_config import files

GLOBAL_FILES = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
USER_FILES = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
IDENTITIES = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")


@dataclass(frozen=True, slots=True)
class Resolved:
    """How to reach a host and with what, after ssh_config."""

    hostname: str
    port: int
    user: str
    alias: str = ""
    identities: tuple[Path, ...] = ()
    identities_only: bool = False
    agent: str = ""
    """Path of the ssh-agent's socket; empty if there is none."""
    known_hosts: tuple[Path, ...] = ()
    jumps: tuple[str, ...] = ()
    proxy_command: str = ""
    """A program that ssh would talk through; we do not."""

    @property
    def name(self) -> str:
        """The name under which the host's key is looked up."""
        return self.alias or self.hostname


def resolve(
    host: HostAddress, environment: Mapping[str, str], *, program: str = "ssh", config: str = ""
) -> Resolved:
    """Resolve a host; without an `ssh` program only the inventory and the usual files count.

    `config` is a file that stands in for the user's and the system's ssh_config. Raises
    HostUnreachable when ssh cannot read it: what it says may be how the host is to be reached.
    """
    options = (*(("-F", config) if config else ()), *(("-l", host.user) if host.user else ()))
    port = ("-p", str(host.port)) if host.port != SSH_PORT else ()
    try:
        answer = subprocess.run(  # noqa: S603  fixed words; the address comes after `--`
            (program, "-G", *options, *port, "--", host.address),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            check=True,
            env=dict(environment),
        ).stdout.decode("utf-8", "replace")
    except OSError:
        answer = ""
    except subprocess.SubprocessError as error:
        if files(config, os.getuid()):
            raise _unreadable(host, error) from error
        answer = ""
    return read_answer(answer, host, environment)


def _unreadable(host: HostAddress, error: subprocess.SubprocessError) -> HostUnreachable:
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else b""
    why = said.decode("utf-8", "replace").strip().partition("\n")[0] or "it did not answer in time"
    return HostUnreachable(
        f"ssh does not say how to reach host `{host.name}`: {why[:300].rstrip('.')}.",
        host=host.name,
        hint=f"Mend your ssh_config until this works: `ssh -G {host.address}`.",
    )


def read_answer(answer: str, host: HostAddress, environment: Mapping[str, str]) -> Resolved:
    """Read what `ssh -G` printed: `keyword value` lines, some keywords several times."""
    found: dict[str, list[str]] = {}
    for line in answer.splitlines():
        keyword, _, value = line.partition(" ")
        found.setdefault(keyword, []).append(value)

    def one(keyword: str, default: str) -> str:
        return found.get(keyword, [default])[0]

    users = tuple(one("userknownhostsfile", " ".join(USER_FILES)).split())
    everyone = tuple(one("globalknownhostsfile", " ".join(GLOBAL_FILES)).split())
    jump, proxy = one("proxyjump", "none"), one("proxycommand", "none")
    return Resolved(
        hostname=one("hostname", host.address),
        port=int(one("port", str(host.port))),
        user=host.user or one("user", ""),
        alias=one("hostkeyalias", ""),
        identities=_paths(tuple(found.get("identityfile", IDENTITIES))),
        identities_only=one("identitiesonly", "no") == "yes",
        agent=_agent(one("identityagent", "SSH_AUTH_SOCK"), environment),
        known_hosts=_paths((*users, *everyone)),
        jumps=() if jump == "none" else tuple(jump.split(",")),
        proxy_command="" if proxy == "none" else proxy,
    )


def hop(words: str, timeout: float) -> HostAddress:
    """Read one hop of a ProxyJump: `[user@]host[:port]`, or `ssh://…`."""
    user, _, place = words.removeprefix("ssh://").rstrip("/").rpartition("@")
    address, _, port = place.rpartition(":") if _has_port(place) else (place, "", "")
    return HostAddress(
        name=words,
        address=address.strip("[]"),
        port=int(port) if port.isdecimal() else SSH_PORT,
        user=user,
        connect_timeout=timeout,
    )


def _has_port(place: str) -> bool:
    return (place.startswith("[") and "]:" in place) or place.count(":") == 1


def _agent(value: str, environment: Mapping[str, str]) -> str:
    if value == "none":
        return ""
    if value == "SSH_AUTH_SOCK" or value.startswith("$"):
        return environment.get(value.strip("${}"), "")
    return "".join(map(str, _paths((value,))))


def _paths(names: tuple[str, ...]) -> tuple[Path, ...]:
    paths = (_expand(name.strip('"')) for name in names if name not in ("none", os.devnull))
    return tuple(path for path in paths if path is not None)


def _expand(name: str) -> Path | None:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # no home folder at all
        return None
