"""One shared connection to each jump host."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from deployer.core.transport import HostAddress
from deployer.transport.line import Line


@dataclass(slots=True)
class Shared:
    """A connection and how many use it."""

    connection: Line
    users: int = 0


class Gateways:
    """Opens a jump host for its first user and closes it after its last."""

    def __init__(self) -> None:
        self._shared: dict[HostAddress, Shared] = {}
        self._lock = threading.Lock()

    def acquire(self, jump: HostAddress, make: Callable[[HostAddress], Line]) -> Line:
        """Give the open connection to a jump host, to be released; raises a HostError."""
        with self._lock:
            shared = self._shared.get(jump)
            if shared is None or shared.connection.is_lost:
                shared = self._shared[jump] = Shared(make(jump))
            shared.users += 1
        try:
            shared.connection.open()
        except BaseException:
            self.release(shared.connection)
            raise
        return shared.connection

    def release(self, connection: Line | None) -> None:
        """Give a connection back; None is nothing."""
        if connection is None:
            return
        jump: HostAddress = connection.host_address
        with self._lock:
            shared = self._shared.get(jump)
            if shared is None or shared.connection is not connection:
                return  # lost, and another one took its place
            shared.users -= 1
            is_last = shared.users == 0
            if is_last:
                del self._shared[jump]
        if is_last:
            connection.close()
