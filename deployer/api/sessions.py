"""Connections to all hosts of a command, opened side by side and closed together."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from deployer.api.agent_package import digest
from deployer.core.event import Emit
from deployer.core.inventory import Host, Inventory
from deployer.core.transport import Counts, HostAddress, Message, Transport
from deployer.engine.redact import Redactor
from deployer.engine.session import Session
from deployer.errors import AgentMissing, HostError

_AT_ONCE = 256
"""Threads that wait for a host to answer; how many connect at once is up to the transport."""
_HELLO = 10.0


class Unreached(Exception):
    """Some hosts could not be opened; `errors` says why, by host. Nothing was changed."""

    def __init__(self, errors: Mapping[str, HostError]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def address(inventory: Inventory, host: Host, *, setup: bool = False) -> HostAddress:
    """Say how a host is reached, for deploys or (`setup`) for the user that prepares hosts."""
    ssh = inventory.ssh
    user = (ssh.setup_user or ssh.user) if setup else (host.user or ssh.user)
    return HostAddress(
        name=host.name,
        address=host.address,
        port=host.port or ssh.port,
        user=user,
        identity=str(ssh.identity or ""),
        host_keys=host.host_keys,
        host_ca=ssh.host_ca,
        jump=_jump(inventory),
        connect_timeout=ssh.connect_timeout,
    )


@contextmanager
def opened(
    transport: Transport,
    app: str,
    addresses: Sequence[HostAddress],
    emit: Emit,
    redact: Redactor,
) -> Iterator[dict[str, Session]]:
    """Open a session on every host, or none: raises Unreached with all that failed."""
    with reached(transport, app, addresses, emit, redact) as (sessions, errors):
        if errors:
            raise Unreached(errors)
        yield sessions


@contextmanager
def reached(
    transport: Transport,
    app: str,
    addresses: Sequence[HostAddress],
    emit: Emit,
    redact: Redactor,
) -> Iterator[tuple[dict[str, Session], dict[str, HostError]]]:
    """Open a session on every host that answers, and say why the others did not."""
    sessions: dict[str, Session] = {}
    errors: dict[str, HostError] = {}

    def one(host: HostAddress) -> None:
        try:
            sessions[host.name] = open_session(transport, app, host, emit, redact)
        except HostError as error:
            errors[host.name] = error

    try:
        if len(addresses) == 1:
            one(addresses[0])
        else:
            with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
                opening = pool.map(one, addresses)
                digest()  # while the first of them answers; each of them asks for it
                list(opening)
        names = [host.name for host in addresses]
        yield (
            {name: sessions[name] for name in names if name not in errors},
            {name: errors[name] for name in names if name in errors},
        )
    finally:
        for session in sessions.values():
            session.close()


def open_session(
    transport: Transport, app: str, host: HostAddress, emit: Emit, redact: Redactor
) -> Session:
    """Connect to one host and greet its agent; raises HostError. It can be opened again."""
    channel = transport.open(host)
    try:
        _greet(host.name, channel.receive(_HELLO))
    except HostError:
        channel.close()
        raise
    session = Session(host.name, app, channel, emit, redact)
    session.reopen = lambda: open_session(transport, app, host, emit, redact)
    return session


def total(sessions: Mapping[str, Session]) -> Mapping[str, Counts]:
    """Give what each conversation has cost."""
    return {host: session.channel.counts for host, session in sessions.items()}


def _greet(host: str, hello: Message) -> None:
    said = hello.get("hello")
    found = said.get("agent") if isinstance(said, Mapping) else None
    if found != digest():
        raise AgentMissing(
            f"The agent on `{host}` is version `{found}`, this tool needs `{digest()}`.",
            host=host,
            hint="run `inv setup --env ENV` to bring the host up to date; it changes no release",
        )


def _has_port(place: str) -> bool:
    return (place.endswith(tuple("0123456789")) and place.count(":") == 1) or "]:" in place


def _jump(inventory: Inventory) -> HostAddress | None:
    jump = inventory.ssh.jump
    if jump is None:
        return None
    user, _, place = jump.rpartition("@")
    name, _, port = place.rpartition(":") if _has_port(place) else (place, "", "22")
    return HostAddress(
        name=f"jump host {name.strip('[]')}",
        address=name.strip("[]"),
        port=int(port),
        user=user or inventory.ssh.user,
        identity=str(inventory.ssh.identity or ""),
        host_keys=inventory.ssh.jump_host_keys,
        host_ca=inventory.ssh.host_ca,
        connect_timeout=inventory.ssh.connect_timeout,
    )
