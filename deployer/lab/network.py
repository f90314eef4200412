"""A bridge and a /24 of its own for each lab, out of the range kept for benchmarks (RFC 2544)."""

import json
import zlib
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from deployer.errors import LabError
from deployer.lab.locks import locked
from deployer.lab.machine import attempt, run

RANGE = IPv4Network("198.18.0.0/15")
NOBODY = "02:00:00:00:00:00"
_NEIGHBOUR = ("ip", "neighbour")
LOCK = Path("/run/deployer-lab/network.lock")


class _Address(BaseModel, frozen=True):
    local: str
    prefixlen: int


class _Link(BaseModel, frozen=True):
    ifname: str
    addr_info: tuple[_Address, ...] = ()


_LINKS = TypeAdapter(tuple[_Link, ...])


def create_bridge(bridge: str) -> IPv4Network:
    """Make the bridge with the first address of a /24 that nobody has; returns that /24."""
    with locked(LOCK, seconds=30):
        network = choose(bridge, taken_networks())
        run("ip", "link", "add", bridge, "type", "bridge")
        run("ip", "address", "add", f"{network[1]}/24", "dev", bridge)
        run("ip", "link", "set", bridge, "up")
    return network


def delete_bridge(bridge: str) -> None:
    """Delete the bridge if it is there."""
    if Path("/sys/class/net", bridge).exists():
        run("ip", "link", "delete", bridge)


def delete_link(link: str) -> None:
    """Delete one end of a host's cable if it is still there (a killed host leaves it a moment)."""
    if Path("/sys/class/net", link).exists():
        attempt("ip", "link", "delete", link)


def set_link(link: str, *, is_up: bool) -> None:
    """Plug or unplug the cable of a host."""
    run("ip", "link", "set", link, "up" if is_up else "down")


def deafen(bridge: str, address: str) -> None:
    """Lose what this machine sends to an address, and only that: it goes to a card nobody has."""
    run(*_NEIGHBOUR, "replace", address, "lladdr", NOBODY, "dev", bridge, "nud", "permanent")


def undeafen(bridge: str, address: str) -> None:
    """End `deafen`; twice is as good as once."""
    attempt(*_NEIGHBOUR, "delete", address, "dev", bridge)


def is_up(link: str) -> bool:
    """Whether a host's cable is plugged in (IFF_UP, netdevice(7))."""
    return int(Path("/sys/class/net", link, "flags").read_text(), 16) & 1 == 1


def taken_networks() -> tuple[IPv4Network, ...]:
    """Return the networks this machine has an address in."""
    links = _LINKS.validate_python(json.loads(run("ip", "-json", "-4", "address", "show")))
    return tuple(
        IPv4Interface(f"{address.local}/{address.prefixlen}").network
        for link in links
        for address in link.addr_info
    )


def choose(bridge: str, taken: tuple[IPv4Network, ...]) -> IPv4Network:
    """Return a free /24 of the range; the same bridge gets the same one when it can."""
    candidates = tuple(RANGE.subnets(new_prefix=24))
    first = zlib.crc32(bridge.encode()) % len(candidates)
    for network in candidates[first:] + candidates[:first]:
        if not any(network.overlaps(other) for other in taken):
            return network
    raise LabError(
        f"Every network of {RANGE} is in use on this machine.",
        hint="Take labs down with `inv lab.down`, or delete stale bridges with `ip link delete`.",
    )
