"""Does the same thing on many hosts at once; trouble of one host stays with that host."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cached_property
from typing import TypeVar

from deployer.engine.session import Session
from deployer.errors import DeployerError

_AT_ONCE = 256
"""Hosts do the work; a thread here only waits for one."""
Result = TypeVar("Result")


class Fleet:
    """The sessions of one run; each is used by one thread at a time."""

    def __init__(self, sessions: Mapping[str, Session]) -> None:
        self._sessions = sessions

    def session(self, host: str) -> Session:
        """Give the session of a host."""
        return self._sessions[host]

    def each(
        self, hosts: Iterable[str], work: Callable[[Session], Result]
    ) -> dict[str, Result | DeployerError]:
        """Do the work on all these hosts; a host's DeployerError is its result."""
        names = list(hosts)

        def one(host: str) -> Result | DeployerError:
            try:
                return work(self._sessions[host])
            except DeployerError as error:
                return error

        if len(names) == 1:
            return {names[0]: one(names[0])}
        asked = {name: self._pool.submit(one, name) for name in names}
        wait(asked.values())
        return {name: answer.result() for name, answer in asked.items()}

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        # One for the whole run: to start a thread costs more, the more of them there are. Its
        # threads end with the fleet.
        return ThreadPoolExecutor(min(_AT_ONCE, max(1, len(self._sessions))), "fleet")
