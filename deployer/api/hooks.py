"""Hooks for a balancer of others: run here, bounded, and what they have left out is remembered."""

import fcntl
import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployer.adapters.balancers.hooks import HooksBalancer
from deployer.api.environment import Environment
from deployer.core.balance import BY_HAND, IN_A_RUN
from deployer.core.event import OutputLine
from deployer.engine.hooking import Hook, Hooking, LeftOut
from deployer.engine.redact import Redactor
from deployer.errors import Locked, UsageError
from deployer.inventory.secrets import at_hand
from deployer.transport.hooks import run_hook


@dataclass(frozen=True, slots=True)
class LeftOutFile:
    """Keeps it in `.deployer/left-out-<environment>.json`, which git does not see."""

    path: Path

    def read(self) -> Mapping[str, str]:
        """Give who is left out and why."""
        found = self._found().get("hosts")
        return {str(key): str(why) for key, why in found.items()} if isinstance(found, dict) else {}

    def write(self, hosts: Mapping[str, str]) -> None:
        """Keep it; on disk when this returns. Raises UsageError."""
        try:
            self._make_folder()
            partial = self.path.with_suffix(".partial")
            with partial.open("w") as file:
                json.dump({"hosts": dict(hosts)}, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
        except OSError as error:
            raise self._refused(error) from error

    def hold(self) -> object:
        """Be at work for as long as what this gives is kept; raises UsageError."""
        try:
            self._make_folder()
            held = _Held(os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644))
            fcntl.flock(held.descriptor, fcntl.LOCK_SH)
        except OSError as error:
            raise self._refused(error) from error
        return held

    @property
    def is_at_work(self) -> bool:
        """Whether a run holds it; the kernel forgets one that was killed."""
        try:
            with self._lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    @property
    def _lock(self) -> Path:
        return self.path.with_suffix(".lock")

    def _make_folder(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        (self.path.parent / ".gitignore").write_text("*\n")

    def _refused(self, error: OSError) -> UsageError:
        return UsageError(
            f"`{self.path}` cannot be written: {error.strerror}.",
            hint="it keeps which hosts the balancer leaves out; give this user the right, and room",
        )

    def _found(self) -> Mapping[str, object]:
        with suppress(OSError, ValueError):
            found = json.loads(self.path.read_text())
            if isinstance(found, dict):
                return found
        return {}


class _Held:
    """A lock that ends with the one who has it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __del__(self) -> None:
        os.close(self.descriptor)


def hooks_of(at: Environment) -> HooksBalancer | None:
    """Give the hooks of the inventory, if it has any."""
    balancer = at.inventory.balancer
    return balancer if isinstance(balancer, HooksBalancer) else None


def left_out(at: Environment) -> LeftOutFile:
    """Give the memory of who is left out."""
    return LeftOutFile(at.place.folder / f".deployer/left-out-{at.inventory.environment}.json")


def hooking(at: Environment, hooks: HooksBalancer, stop: threading.Event) -> Hooking:
    """Give what hooks do in a run."""
    web = (host.name for host in at.inventory.web_hosts)
    memory: LeftOut = left_out(at)
    return Hooking(web, hook(at, hooks), memory, at.emit, at.place.clock, stop)


def hook(at: Environment, hooks: HooksBalancer) -> Hook:
    """Give the way to run a hook for a host; its lines are shown without secrets.

    Also in a command that needs none: the hook has them in its environment.
    """
    known = (*at.secrets.values(), *at_hand(at.inventory, at.place.environ, at.place.folder))
    redact = Redactor(secret.reveal() for secret in known)

    def run(name: str, host: str) -> str:
        words = hooks.drain_words if name == "drain" else hooks.undrain_words
        about = {
            "DEPLOYER_ACTION": name,
            "DEPLOYER_APP": at.inventory.app.name,
            "DEPLOYER_ENVIRONMENT": at.inventory.environment,
            "DEPLOYER_HOST": host,
            "DEPLOYER_ADDRESS": at.inventory.hosts[host].traffic_address,
            "DEPLOYER_RUN": at.run,
        }
        environment = {**at.place.environ, **about}
        cause, lines = run_hook(words, at.place.folder, environment, hooks.timeout)
        for line in lines:
            at.emit(OutputLine(host, name, redact(line)))
        last = f": {redact(lines[-1])}" if cause and lines else ""
        return f"{cause}{last}"

    return run


def take_in_again(at: Environment) -> None:
    """Take in hosts that a run has left out and then was killed; says so."""
    hooks = hooks_of(at)
    memory = left_out(at)
    if hooks is None or memory.is_at_work:
        return
    for host, why in memory.read().items():
        if host not in at.inventory.hosts:
            text = f"it left the inventory; that the balancer leaves it out ({why}) is forgotten"
            at.notice(text, "warning", host)
            memory.write({name: one for name, one in memory.read().items() if name != host})
            continue
        if why != IN_A_RUN:
            continue
        at.notice("an earlier run was killed and has left it out; it is taken in again", host=host)
        cause = hook(at, hooks)("undrain", host)
        if cause:
            at.notice(f"it could not be taken in: {cause}", "error", host)
        else:
            memory.write({name: one for name, one in memory.read().items() if name != host})


def drain_by_hand(at: Environment, hooks: HooksBalancer, host: str) -> str:
    """Leave a host out until `undrain`; gives what went wrong, and then it is taken in again."""
    memory = left_out(at)
    memory.write({**memory.read(), host: BY_HAND})
    cause = hook(at, hooks)("drain", host)
    if not cause:
        return ""
    worse = undrain_by_hand(at, hooks, host)
    return f"{cause}; nor could it be taken in again: {worse}" if worse else cause


def undrain_by_hand(at: Environment, hooks: HooksBalancer, host: str) -> str:
    """Take a host in again; gives what went wrong."""
    memory = left_out(at)
    if memory.is_at_work and memory.read().get(host) == IN_A_RUN:
        raise Locked(
            f"A run is at work and has left `{host}` out; it takes it in again.",
            hint=f"wait for it: `inv status --env {at.inventory.environment}`",
        )
    cause = hook(at, hooks)("undrain", host)
    if not cause:
        memory.write({name: why for name, why in memory.read().items() if name != host})
    return cause
