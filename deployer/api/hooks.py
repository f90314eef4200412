"""Hooks for a balancer of others: run here, bounded, and what they have left out is remembered."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployer.adapters.balancers.hooks import HooksBalancer
from deployer.api.environment import Environment
from deployer.core.balance import BY_HAND, IN_A_RUN
from deployer.core.event import OutputLine
from deployer.engine.hooking import Hook, Hooking, LeftOut
from deployer.errors import UsageError
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
            self.path.parent.mkdir(exist_ok=True)
            (self.path.parent / ".gitignore").write_text("*\n")
            partial = self.path.with_suffix(".partial")
            with partial.open("w") as file:
                json.dump({"pid": os.getpid(), "hosts": dict(hosts)}, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
        except OSError as error:
            raise UsageError(
                f"`{self.path}` cannot be written: {error.strerror}.",
                hint="it keeps which hosts the balancer leaves out; give this user the right",
            ) from error

    @property
    def is_at_work(self) -> bool:
        """Whether the program that wrote it still runs, and is another one."""
        pid = self._found().get("pid")
        if not isinstance(pid, int) or pid == os.getpid():
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def _found(self) -> Mapping[str, object]:
        with suppress(OSError, ValueError):
            found = json.loads(self.path.read_text())
            if isinstance(found, dict):
                return found
        return {}


def hooks_of(at: Environment) -> HooksBalancer | None:
    """Give the hooks of the inventory, if it has any."""
    balancer = at.inventory.balancer
    return balancer if isinstance(balancer, HooksBalancer) else None


def left_out(at: Environment) -> LeftOutFile:
    """Give the memory of who is left out."""
    return LeftOutFile(at.place.folder / f".deployer/left-out-{at.inventory.environment}.json")


def hooking(at: Environment, hooks: HooksBalancer) -> Hooking:
    """Give what hooks do in a run."""
    web = (host.name for host in at.inventory.web_hosts)
    memory: LeftOut = left_out(at)
    return Hooking(web, hook(at, hooks), memory, at.emit, at.place.clock)


def hook(at: Environment, hooks: HooksBalancer) -> Hook:
    """Give the way to run a hook for a host; its lines are shown without secrets."""

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
            at.emit(OutputLine(host, name, at.redact(line)))
        last = f": {at.redact(lines[-1])}" if cause and lines else ""
        return f"{cause}{last}"

    return run


def take_in_again(at: Environment) -> None:
    """Take in hosts that a run has left out and then was killed; says so."""
    hooks = hooks_of(at)
    memory = left_out(at)
    if hooks is None or memory.is_at_work:
        return
    for host, why in memory.read().items():
        if why != IN_A_RUN or host not in at.inventory.hosts:
            continue
        at.notice("an earlier run was killed and has left it out; it is taken in again", host=host)
        cause = hook(at, hooks)("undrain", host)
        if cause:
            at.notice(f"it could not be taken in: {cause}", "error", host)
        else:
            memory.write({name: one for name, one in memory.read().items() if name != host})


def drain_by_hand(at: Environment, hooks: HooksBalancer, host: str) -> str:
    """Leave a host out until `undrain`; gives what went wrong."""
    memory = left_out(at)
    memory.write({**memory.read(), host: BY_HAND})
    return hook(at, hooks)("drain", host)


def undrain_by_hand(at: Environment, hooks: HooksBalancer, host: str) -> str:
    """Take a host in again; gives what went wrong."""
    memory = left_out(at)
    cause = hook(at, hooks)("undrain", host)
    if not cause:
        memory.write({name: why for name, why in memory.read().items() if name != host})
    return cause
