"""Takes one mechanism out of the controller, so that a test can show that it was needed."""

import os
from collections.abc import Callable, Mapping

REMOVED = "FAULTS_REMOVED"


def remove() -> None:
    """Take out what the environment names."""
    for name in filter(None, os.environ.get(REMOVED, "").split(",")):
        REMOVALS[name]()


REMOVALS: Mapping[str, Callable[[], None]] = {}
