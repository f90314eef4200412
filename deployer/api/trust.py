"""`inv trust`: the keys that hosts offer, beside the pins; with `--write` they become the pins."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deployer.api.answering import tell_errors, worst
from deployer.api.environment import Environment
from deployer.api.perform import environment, ssh_transport
from deployer.api.place import Place
from deployer.api.request import TrustRequest
from deployer.api.sessions import address
from deployer.core.inventory import Host
from deployer.errors import Declined, DeployerError, HostError, HostKeyChanged
from deployer.inventory.pins import file_with, with_pins
from deployer.output.broadcast import Broadcast
from deployer.output.choose import parse_output
from deployer.output.messages import Messages
from deployer.output.stream import Stream
from deployer.output.tables import Row, show
from deployer.transport.known_hosts import HostKey, parse_key

COLUMNS = ("host", "kind", "fingerprint", "pin")
_TO_PIN = 3
_CHANGED = 4

Pin = Literal["pinned", "new", "changed"]


@dataclass(frozen=True, slots=True)
class Offered:
    """What one host offers; its best key is the first one."""

    host: Host
    keys: tuple[HostKey, ...]

    @property
    def pin(self) -> Pin:
        """Whether one of the keys is pinned, none is, or other ones are."""
        if not self.host.host_keys:
            return "new"
        return "pinned" if any(self.knows(key) for key in self.keys) else "changed"

    def knows(self, key: HostKey) -> bool:
        """Tell whether the inventory has this key, as a line or as a fingerprint."""
        pins = self.host.host_keys
        prints = {pin.rstrip("=") for pin in pins if pin.startswith("SHA256:")}
        return key in map(parse_key, pins) or key.fingerprint in prints


def trust(place: Place, request: TrustRequest) -> int:
    """Show, compare and maybe pin; 3 when there is something to pin, 4 when a key changed."""
    output = parse_output(request.output)
    with Broadcast((Messages(Stream(place.stderr)),)) as emit:
        at = environment(place, request, emit, with_secrets=False, balancers_too=True)
        offered, errors = _offered(at)
        tell_errors(at, errors)
    rows: list[Row] = [row for one in offered for row in _rows(one)]
    show(
        rows,
        COLUMNS,
        command="trust",
        environment=at.inventory.environment,
        output=output,
        stdout=place.stdout,
    )
    code = _written(at, request, offered) if request.write else _compared(offered)
    return worst((code, *(error.exit_code for error in errors.values())))


def _offered(at: Environment) -> tuple[tuple[Offered, ...], Mapping[str, DeployerError]]:
    transport = ssh_transport(at)

    def one(host: Host) -> Offered | HostError:
        try:
            where = address(at.inventory, host)
            return Offered(host, transport.scan(where, where.connect_timeout))
        except HostError as error:
            return error

    with ThreadPoolExecutor(max_workers=8) as pool:
        found = tuple(pool.map(one, (*at.hosts, *at.balancers)))
    errors: dict[str, DeployerError] = {
        one.host: one for one in found if isinstance(one, HostError)
    }
    return tuple(one for one in found if isinstance(one, Offered)), errors


def _rows(offered: Offered) -> tuple[Row, ...]:
    return tuple(
        {
            "host": offered.host.name,
            "kind": key.kind,
            "fingerprint": key.fingerprint,
            "pin": "pinned" if offered.knows(key) else _unknown(offered),
            "key": key.line,
        }
        for key in offered.keys
    )


def _unknown(offered: Offered) -> str:
    return "not needed" if offered.pin == "pinned" else offered.pin


def _compared(offered: tuple[Offered, ...]) -> int:
    codes = {"pinned": 0, "new": _TO_PIN, "changed": _CHANGED}
    return worst(codes[one.pin] for one in offered)


def _written(at: Environment, request: TrustRequest, offered: tuple[Offered, ...]) -> int:
    wanted = {"new", "changed"} if request.replace else {"new"}
    chosen = tuple(one for one in offered if one.pin in wanted)
    if chosen:
        _ask(at, chosen)
        _pin(at, chosen)
    for one in offered:
        if one.pin == "changed" and not request.replace:
            raise HostKeyChanged(
                f"Host `{one.host.name}` offers other keys than the pinned ones; "
                "its pins were left alone.",
                host=one.host.name,
                hint="compare the fingerprint on the host's console, then add `--replace`",
            )
    return 0


def _ask(at: Environment, chosen: tuple[Offered, ...]) -> None:
    if at.request.yes:
        return
    if at.place.ask is None or at.request.output == "json":
        raise Declined(
            "Pinning keys needs a yes, and there is nobody to ask.",
            hint="compare the fingerprints, then add `--yes`",
        )
    hosts = ", ".join(one.host.name for one in chosen)
    try:
        said = at.place.ask(f"pin the first key of {hosts}? type yes: ")
    except (EOFError, OSError):
        said = ""
    if said.strip().lower() not in {"yes", "y"}:
        raise Declined("Not confirmed; no key was pinned.", hint="type `yes` to pin")


def _pin(at: Environment, chosen: tuple[Offered, ...]) -> None:
    name = at.inventory.environment
    pins: dict[Path, dict[str, tuple[str, ...]]] = {}
    for one in chosen:
        file = file_with(at.place.inventories, name, one.host.name)
        pins.setdefault(file, {})[one.host.name] = (one.keys[0].line,)
    for file, keys in pins.items():
        _replace(file, with_pins(file.read_text("utf-8"), keys))


def _replace(file: Path, text: str) -> None:
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(text, "utf-8")
    partial.chmod(file.stat().st_mode & 0o7777)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(file)
