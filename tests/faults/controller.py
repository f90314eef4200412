# mypy: disable-error-code="method-assign, assignment"
"""Takes one mechanism out of the controller, or has it wait: so tests show what is needed."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from deployer.core.plan import Plan
from deployer.engine.redact import Redactor
from deployer.engine.session import Session
from deployer.transport.host_keys import Offer, Verifier

REMOVED = "FAULTS_REMOVED"
PAUSED = "FAULTS_PAUSE"
LONGEST = 60.0


def remove() -> None:
    """Take out what the environment names."""
    for name in filter(None, os.environ.get(REMOVED, "").split(",")):
        REMOVALS[name]()
    if folder := os.environ.get(PAUSED):
        _pause_before_begin(Path(folder))


def _pause_before_begin(folder: Path) -> None:
    begin = Session.begin

    def paused(self: Session, plan: Plan) -> None:
        (folder / "reached").touch()
        ends = time.monotonic() + LONGEST
        while not (folder / "go").exists() and time.monotonic() < ends:
            time.sleep(0.01)  # noqa: TID251  it waits for the harness
        begin(self, plan)

    Session.begin = paused


def _host_key() -> None:
    def trust(_self: Verifier, _offer: Offer) -> None:
        return

    Verifier.verify = trust


def _redaction() -> None:
    def tell_all(_self: Redactor, text: str) -> str:
        return text

    Redactor.__call__ = tell_all


REMOVALS: Mapping[str, Callable[[], None]] = {"host key": _host_key, "redaction": _redaction}
