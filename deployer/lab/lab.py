"""A lab: some real hosts under one name, up in seconds and gone without a trace."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from deployer.errors import LabError
from deployer.lab import boot, cgroups, inventory_file, network, requirements, rootfs, state
from deployer.lab import disk as own_disk
from deployer.lab.condition import HostStatus, condition
from deployer.lab.host import LabHost
from deployer.lab.interrupts import termination_raises
from deployer.lab.locks import locked
from deployer.lab.machine import wait_until
from deployer.lab.place import LabPlace
from deployer.lab.state import LabState

CACHE = "/var/cache/deployer-lab"
BOOT_SECONDS = 90.0
LOCK_SECONDS = 120.0
Wanted = Mapping[str, bool | int]
"""What a host has: the servers `postgres` and `mariadb`, a `disk` of so many megabytes."""
MOST_HOSTS = 200  # of one /24


def silent(_text: str) -> None:
    """Say nothing."""


class Lab:
    """Hosts under one name, on a network of their own; labs of other names are never touched.

    The folder is `.lab/<name>` below `project`, or `<name>` below $DEPLOYER_LAB_DIR. A lab that
    died half-way is cleared away by the next `up` or `down` of the same folder.
    """

    def __init__(
        self,
        name: str = "lab",
        *,
        project: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        emit: Callable[[str], None] = silent,
    ) -> None:
        if not name.replace("-", "").replace("_", "").isalnum():
            raise LabError(f"`{name}` is no lab name.", hint="Use letters, digits, `-` and `_`.")
        above = Path(environ.get("DEPLOYER_LAB_DIR") or (project or Path.cwd()) / ".lab")
        self.name = name
        self.place = LabPlace(above.resolve() / name)
        self.cache = Path(environ.get("DEPLOYER_LAB_CACHE") or CACHE).resolve()
        self.emit = emit

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def hosts(self) -> tuple[LabHost, ...]:
        """The hosts of the lab; none if it is down."""
        found = state.load(self.place.state_file)
        return found.hosts if found else ()

    @property
    def folder(self) -> Path:
        """The folder of the lab."""
        return self.place.folder

    @property
    def ssh_config(self) -> Path:
        """A file for `ssh -F` that knows every host, its key and its pins."""
        return self.place.ssh_config

    @property
    def known_hosts(self) -> Path:
        """The pinned host keys, in the format of ssh."""
        return self.place.known_hosts

    def up(
        self,
        hosts: int = 1,
        *,
        prefix: str = "web",
        postgres: bool = False,
        mariadb: bool = False,
        disk: int = 0,
    ) -> tuple[LabHost, ...]:
        """Boot bare hosts `<prefix>1`, `<prefix>2`, … after clearing away an earlier lab."""
        requirements.prepare_machine()
        wanted: Wanted = {"postgres": postgres, "mariadb": mariadb, "disk": disk}
        root = self._rootfs(databases=postgres or mariadb)
        with self._changing():
            self.place.clear()
            try:
                self.place.remember(LabState(network=network.create_bridge(self.place.bridge)))
                boot.make_key(self.place.key, f"lab-{self.name}")
                return self._boot_more(hosts, prefix, root, wanted)
            except BaseException:
                self.place.clear()
                raise

    def add(
        self,
        hosts: int = 1,
        *,
        prefix: str = "fresh",
        postgres: bool = False,
        mariadb: bool = False,
        disk: int = 0,
    ) -> tuple[LabHost, ...]:
        """Boot more bare hosts in this lab and return them; they count on from the last number.

        With `disk` (megabytes) each has a disk of its own, which can fill up and fail.
        """
        wanted: Wanted = {"postgres": postgres, "mariadb": mariadb, "disk": disk}
        root = self._rootfs(databases=postgres or mariadb)
        with self._changing():
            return self._boot_more(hosts, prefix, root, wanted)

    def remove(self, host: LabHost) -> None:
        """Throw one host away."""
        with self._changing():
            self._discard((host,))

    def down(self) -> None:
        """Throw all hosts away, with their disks and the network; twice is as good as once."""
        with self._changing():
            self.place.clear()

    def status(self) -> tuple[HostStatus, ...]:
        """Return what each host is doing now, as read from the machine."""
        return tuple(HostStatus(host, condition(host)) for host in self.hosts)

    def power_cut(self, host: LabHost) -> None:
        """Stop the host dead, as if its plug was pulled; its disk stays."""
        boot.stop(host.group)

    def lose_power(self, host: LabHost) -> None:
        """Cut the power of a host with a disk of its own: what it never flushed is lost."""
        folder = self.place.disk(host)
        own_disk.lose(folder)
        boot.stop(host.group)
        own_disk.replace(folder)
        boot.lay(host, folder, self._rootfs(databases=host.postgres or host.mariadb))

    def boot(self, host: LabHost) -> None:
        """Start a host that has no power, on the disk it had, and wait until it answers."""
        self.start(host)
        self.wait_for(host)

    def start(self, host: LabHost) -> None:
        """Start a host that has no power without waiting for it."""
        boot.start(host, self.place.disk(host), self.place.bridge, self.place.names)

    def wait_for(self, *hosts: LabHost) -> None:
        """Wait until each of `hosts` answers ssh and lets users in."""
        for host in hosts:
            boot.wait_for_boot(host, self.place.disk(host), seconds=BOOT_SECONDS)

    def reboot(self, host: LabHost) -> None:
        """Let the host shut down in order and start again, and wait until it answers."""
        before = host.leader
        host.run("systemctl reboot")
        wait_until(lambda: host.has_started_again(before), seconds=BOOT_SECONDS)
        self.wait_for(host)

    def freeze(self, host: LabHost) -> None:
        """Stop the host's time: it still has its address, but nothing in it moves."""
        cgroups.freeze(host.group, is_frozen=True)

    def thaw(self, host: LabHost) -> None:
        """Let a frozen host go on."""
        cgroups.freeze(host.group, is_frozen=False)

    def cut_link(self, host: LabHost) -> None:
        """Unplug the host's network cable; sessions hang, nobody is told."""
        network.set_link(host.link, is_up=False)

    def heal_link(self, host: LabHost) -> None:
        """Plug the host's network cable in again."""
        network.set_link(host.link, is_up=True)

    def write_inventory(self, path: Path, extra: inventory_file.Tree | None = None) -> Path:
        """Write the hosts as an inventory, with `extra` (app, secrets, …) laid over it."""
        if not self.hosts:
            raise LabError(f"The lab `{self.name}` has no hosts.", hint="inv lab.up")
        tree = inventory_file.inventory(self.hosts)
        inventory_file.write_inventory(path, inventory_file.merged(tree, extra or {}))
        return path

    def _rootfs(self, *, databases: bool) -> Path:
        names = rootfs.packages(databases=databases)
        return rootfs.ensure(self.cache, names, self.emit)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with locked(self.place.lock, seconds=LOCK_SECONDS), termination_raises():
            yield

    def _boot_more(
        self, count: int, prefix: str, root: Path, wanted: Wanted
    ) -> tuple[LabHost, ...]:
        found = self.place.recall()
        if found.made + count > MOST_HOSTS:
            raise LabError(f"A lab has at most {MOST_HOSTS} hosts.", hint="Use a second lab.")
        numbers = range(found.made, found.made + count)
        bare = tuple(self._new_host(found, number, prefix) for number in numbers)
        made = tuple(one.model_copy(update=wanted) for one in bare)
        self.place.remember(
            found.model_copy(update={"hosts": found.hosts + made, "made": found.made + count})
        )
        try:
            self._boot_all(made, root)
        except BaseException:
            self._discard(made)
            raise
        return made

    def _new_host(self, found: LabState, number: int, prefix: str) -> LabHost:
        machine = f"{self.place.mark}-{number + 1}"
        folder = self.place.folder / "disks" / machine
        folder.mkdir(parents=True)
        host_key = boot.make_key(folder / "ssh_host_ed25519_key", f"{prefix}{number + 1}")
        return LabHost(
            name=f"{prefix}{number + 1}",
            address=found.address(number),
            machine=machine,
            host_keys=(host_key,),
            key=self.place.key,
        )

    def _boot_all(self, hosts: tuple[LabHost, ...], root: Path) -> None:
        public_key = self.place.key.with_suffix(".pub").read_text().strip()
        for host in hosts:
            boot.furnish(host, self.place.disk(host), root, public_key)
            self.start(host)
        self.wait_for(*hosts)
        self.emit(f"{len(hosts)} hosts of the lab `{self.name}` answer ssh.")

    def _discard(self, hosts: tuple[LabHost, ...]) -> None:
        for host in hosts:
            boot.remove(host, self.place.disk(host))
        found = self.place.recall()
        left = tuple(host for host in found.hosts if host not in hosts)
        self.place.remember(found.model_copy(update={"hosts": left}))
