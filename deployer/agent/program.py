"""The agent's command line: `serve`, `work APP RUN`, `recover APP`, `guard APP PROCESS`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from deployer.agent.text import grammar

_USAGE = 2


def main(words: Sequence[str]) -> int:
    """Do what the words say; gives the exit code."""
    try:
        if list(words) == ["serve"]:
            return _serve()
        if len(words) == 3 and words[0] == "work":  # noqa: PLR2004  its name and two arguments
            return _work(grammar.app_name(words[1]), grammar.run_id(words[2]))
        if len(words) == 3 and words[0] == "guard":  # noqa: PLR2004  as above
            return _guard(grammar.app_name(words[1]), grammar.process_id(words[2]))
        if len(words) == 2 and words[0] == "recover":  # noqa: PLR2004  its name and one argument
            return _recover(grammar.app_name(words[1]))
    except grammar.WrongWord as error:
        sys.stderr.write(f"deployer agent: {error}\n")
        return _USAGE
    sys.stderr.write("usage: agent serve | work APP RUN | recover APP | guard APP PROCESS\n")
    return _USAGE


def _serve() -> int:
    import json  # noqa: PLC0415  each command loads only its own part
    import os  # noqa: PLC0415  as above

    from deployer.agent.talk.hello import hello  # noqa: PLC0415  as above

    # While it travels, the rest is loaded.
    os.write(sys.stdout.fileno(), json.dumps(hello()).encode() + b"\n")

    from deployer.agent.talk.serve import Front  # noqa: PLC0415  as above

    return Front(sys.stdin.fileno(), sys.stdout.fileno()).serve()


def _work(app: str, run: str) -> int:
    import signal  # noqa: PLC0415  as above
    import socket  # noqa: PLC0415  as above

    from deployer.agent.context import Context  # noqa: PLC0415  as above
    from deployer.agent.runs.worker import Worker  # noqa: PLC0415  as above
    from deployer.agent.talk.launching import Wanted  # noqa: PLC0415  as above

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(Wanted(app, run, 0).socket))
        worker = Worker(connection, Context(app, run))
        signal.signal(signal.SIGTERM, lambda _number, _frame: worker.stop())
        return worker.work()


def _guard(app: str, process: int) -> int:
    from deployer.agent.runs.guarding import stand_by  # noqa: PLC0415  as above

    return stand_by(app, process)


def _recover(app: str) -> int:
    from deployer.agent.runs.recovering import recover  # noqa: PLC0415  as above

    return recover(app)
