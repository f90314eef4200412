"""A way to hosts over the workers of a Dask cluster, when one machine is not enough for a fleet.

Only the way differs: plan, barriers, events and outcome are the engine's, as always. A worker
that dies is a link that is lost, for each of its hosts.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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

    def __init__(self, client: Client, known_hosts: Path | None, local: Transport) -> None:
        self._client = client
        self._known_hosts = known_hosts.read_bytes() if known_hosts else None
        self._local = local
        self._links: dict[str, Link] = {}
        self._choosing = threading.Lock()
        self._over = threading.Event()
        self._beats: dict[str, threading.Thread] = {}

    def open(self, host: HostAddress) -> Channel:
        link = self._choose(host)
        try:
            return DaskChannel(host, link)
        except BaseException:
            link.busy -= 1
            raise

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

    def _choose(self, host: HostAddress) -> Link:
        with self._choosing:
            for worker in self._client.nthreads():
                if worker not in self._links:
                    self._engage(worker)
            usable = [link for link in self._links.values() if not link.is_lost]
            if not usable:
                raise HostUnreachable(
                    f"No worker of the Dask cluster is left to talk with host `{host.name}`.",
                    host=host.name,
                    hint="look at the cluster; each worker needs the same version of deployer",
                )
            link = min(usable, key=lambda one: one.busy)
            link.busy += 1
            return link

    def _engage(self, worker: str) -> None:
        options = {"actor": True, "workers": [worker], "pure": False, "allow_other_workers": False}
        try:
            actor = self._client.submit(Crew, self._known_hosts, **options).result(_CONNECT)
        except Exception:  # noqa: BLE001  it died just now, or has no deployer
            return
        link = Link(worker, actor)
        with suppress(OSError):
            found = link.call("version")
            if found != deployer.__version__:
                raise UsageError(
                    f"The Dask worker {worker} has deployer {found}, here is "
                    f"{deployer.__version__}.",
                    hint=_INSTALL,
                )
        self._links[worker] = link
        beats = threading.Thread(target=self._beat, args=(link,), daemon=True, name="crew-beat")
        self._beats[worker] = beats
        beats.start()

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
    if scheduler.startswith("tcp://") and not scheduler.startswith(("tcp://127.", "tcp://[::1]")):
        warn("secrets travel to the Dask workers unencrypted: use a scheduler at `tls://…`")
    client = _connected(scheduler)
    transport = DaskTransport(client, known_hosts, local)
    try:
        yield transport
    finally:
        transport.close()
        client.close()


def _connected(scheduler: str) -> Client:
    try:
        import dask  # noqa: PLC0415  an optional extra, and it costs half a second

        # Its loggers would write to the terminal what we tell ourselves.
        dask.config.set({"logging": {"distributed": "critical"}})
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
