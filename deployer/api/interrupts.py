"""What Ctrl-C, SIGTERM and SIGHUP mean while a run is open on hosts."""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from deployer.engine.session import Session

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """The first one has every host put itself back, the second one leaves that to the hosts.

    `stop` and `leave` are set by them. A third one ends the program where it stands. A CI job
    that is cancelled gets the same: GitHub sends SIGINT, after 7.5 s SIGTERM, after 2.5 s SIGKILL.
    """

    def __init__(self, sessions: Mapping[str, Session]) -> None:
        self.stop = threading.Event()
        self.leave = threading.Event()
        self._sessions = sessions

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Answer signals in here; only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.getsignal(one) for one in SIGNALS}
        for one, old in before.items():
            if old is not signal.SIG_IGN:  # such as SIGHUP under nohup(1)
                signal.signal(one, self._handle)
        try:
            yield
        finally:
            for one, old in before.items():
                signal.signal(one, old)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.leave.is_set():
            raise KeyboardInterrupt
        if self.stop.is_set():
            self.leave.set()
            # Not here: the main thread may be holding what closing needs.
            threading.Thread(target=self._let_go, daemon=True, name="letting go").start()
            return
        self.stop.set()
        for session in self._sessions.values():
            session.cancel()

    def _let_go(self) -> None:
        for session in self._sessions.values():
            session.close()
