"""A way to hosts over the workers of a Dask cluster, when one machine is not enough for a fleet.

Only the way differs: plan, barriers, events and outcome are the engine's, as always. A worker
that dies is a link that is lost, for each of its hosts.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol, cast

import deployer
from deployer.core.transport import Channel, Completed, HostAddress, Transport
from deployer.errors import HostUnreachable, UsageError
from deployer.transport.dask_crew import Crew
from deployer.transport.dask_link import DaskChannel, Future, Link

_CONNECT = 10.0
_BEAT = 2.0
_BEATEN = 8.0
"""Seconds in which a worker has to answer a beat."""
_INSTALL = "install it here and on the workers: `pip install 'deployer[dask]'`"


class Client(Protocol):
    """The part of `distributed.Client` that we use."""

    def nthreads(self) -> dict[str, int]: ...
    def submit(self, kind: object, *words: object, **options: object) -> Future: ...
    def close(self) -> None: ...


class DaskTransport:
    """Opens conversations on the worker that has the fewest."""

    def __init__(
        self,
        client: Client,
        known_hosts: Path | None,
        local: Transport,
        warn: Callable[[str], None],
    ) -> None:
        self._client = client
        self._warn = warn
        self._unusable: set[str] = set()
        self._told: set[str] = set()
        self._known_hosts = known_hosts.read_bytes() if known_hosts else None
        self._local = local
        self._links: dict[str, Link] = {}
        self._choosing = threading.Lock()
        self._over = threading.Event()
        self._beats: dict[str, threading.Thread] = {}

    def open(self, host: HostAddress) -> Channel:
        while (link := self._choose(host)) is not None:
            try:
                return DaskChannel(host, link)
            except BaseException:
                link.busy -= 1
                if not link.is_lost:
                    raise
        return self._local.open(host)

    def bootstrap(
        self, host: HostAddress, script: bytes, payload: bytes, timeout: float
    ) -> Completed:
        return self._local.bootstrap(host, script, payload, timeout)

    def close(self) -> None:
        """Let all workers hang up."""
        self._over.set()
        for link in self._links.values():
            with suppress(OSError):
                link.call("leave", timeout=_BEATEN)

    def _choose(self, host: HostAddress) -> Link | None:
        """Give the worker for a host; None when all have gone, and hosts must yet be asked."""
        with self._choosing:
            for worker in self.workers():
                if worker not in self._links and worker not in self._unusable:
                    self._engage(worker)
            usable = [link for link in self._links.values() if not link.is_lost]
            if not usable and self._links:
                self._tell_once("no Dask worker is left: hosts are asked from here")
                return None
            if not usable:
                raise HostUnreachable(
                    f"No worker of the Dask cluster is left to talk with host `{host.name}`.",
                    host=host.name,
                    hint="look at the cluster; each worker needs the same version of deployer",
                )
            link = min(usable, key=lambda one: one.busy)
            link.busy += 1
            return link

    def workers(self) -> tuple[str, ...]:
        """Give the addresses of the workers that the scheduler knows."""
        try:
            return tuple(self._client.nthreads())
        except Exception:  # noqa: BLE001  the scheduler has gone; workers that live go on
            return ()

    def _engage(self, worker: str) -> None:
        """Have a crew on a worker; one that cannot is told of once, and not asked again."""
        options = {"actor": True, "workers": [worker], "pure": False, "allow_other_workers": False}
        try:
            actor = self._client.submit(Crew, self._known_hosts, **options).result(_CONNECT)
            link = Link(worker, actor)
            found = link.call("version", timeout=_CONNECT)
        except Exception as error:  # noqa: BLE001  it hangs, died just now, or has no deployer
            self._leave_out(worker, f"{type(error).__name__}: {error}")
            return
        if found != deployer.__version__:
            self._leave_out(worker, f"it has deployer {found}, here is {deployer.__version__}")
            return
        self._links[worker] = link
        beats = threading.Thread(target=self._beat, args=(link,), daemon=True, name="crew-beat")
        self._beats[worker] = beats
        beats.start()

    def _leave_out(self, worker: str, why: str) -> None:
        self._unusable.add(worker)
        self._tell_once(f"the Dask worker {worker} is not used: {why[:200]}")

    def _tell_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._warn(text)

    def _beat(self, link: Link) -> None:
        while not self._over.wait(_BEAT) and not link.is_lost:
            with suppress(OSError):
                link.is_lost = link.call("beat", timeout=_BEATEN) is not True


@contextmanager
def dask_transport(
    scheduler: str, known_hosts: Path | None, local: Transport, warn: Callable[[str], None]
) -> Iterator[DaskTransport]:
    """Use the cluster of this scheduler (`tcp://…`, `tls://…`); raises UsageError."""
    if not scheduler:
        raise UsageError(
            "`--executor dask` needs the address of a scheduler.",
            hint="such as `--scheduler tcp://127.0.0.1:8786`",
        )
    client = _connected(scheduler)
    transport = DaskTransport(client, known_hosts, local, warn)
    try:
        if not all(map(is_private, (scheduler, *transport.workers()))):
            warn("secrets travel to the Dask workers unencrypted: use a scheduler at `tls://…`")
        yield transport
    finally:
        transport.close()
        client.close()


def is_private(address: str) -> bool:
    """Whether nobody on the way can read what goes there."""
    kind, _, place = address.rpartition("://")
    name = place.rpartition(":")[0].strip("[]")
    with suppress(ValueError):
        return kind in ("tls", "wss") or ip_address(name).is_loopback
    return name == "localhost"


def _connected(scheduler: str) -> Client:
    try:
        import dask  # noqa: PLC0415  an optional extra, and it costs half a second

        # Its loggers would write to the terminal what we tell ourselves.
        loggers = ("distributed", "distributed.client")
        dask.config.set({"logging": dict.fromkeys(loggers, "critical")})
        import distributed  # noqa: PLC0415  as above
    except ImportError as error:
        raise UsageError(
            "`--executor dask` needs the extra of that name.", hint=_INSTALL
        ) from error
    try:
        made: object = distributed.Client(  # type: ignore[no-untyped-call]  # Dask has no types
            scheduler, timeout=_CONNECT, direct_to_workers=True
        )
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"No Dask scheduler answers at `{scheduler[:80]}`: {error!s}.",
            hint="start one (`dask scheduler`) and name its address: `--scheduler tcp://HOST:8786`",
        ) from error
    return cast("Client", made)
