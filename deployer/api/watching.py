"""Watch a program on several hosts at once; Ctrl-C stops watching everywhere."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from deployer.engine.session import Session
from deployer.errors import ConnectionLost, DeployerError

Watch = Callable[[Session], int]


def watch(sessions: Mapping[str, Session], work: Watch) -> dict[str, int | DeployerError]:
    """Give each host's exit code, or its error; KeyboardInterrupt closes all conversations."""
    ends: dict[str, int | DeployerError] = {}

    def one(session: Session) -> None:
        try:
            ends[session.host] = work(session)
        except DeployerError as error:
            ends[session.host] = error

    with ThreadPoolExecutor(max_workers=max(1, len(sessions))) as pool:
        running = [pool.submit(one, session) for session in sessions.values()]
        try:
            for future in running:
                future.result()
        except KeyboardInterrupt:
            for session in sessions.values():
                with suppress(ConnectionLost):
                    session.close()
            raise
    return ends
