"""For programs: one event a line on stdout as a JSON object."""

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import UTC, date

from deployer.core.clock import Clock
from deployer.core.event import Event
from deployer.output.stream import Stream


class Jsonl:
    """Writes `{"event": "StepFinished", …, "time": "2026-11-21T13:45:01.250+00:00"}` lines.

    The keys are the fields of the event's class and always all there. Lines are ASCII, and valid
    JSON whatever a host printed.
    """

    def __init__(self, stream: Stream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def __call__(self, event: Event) -> None:
        """Write an event."""
        time = self._clock.now().astimezone(UTC).isoformat(timespec="milliseconds")
        fields = {"event": type(event).__name__, **dataclasses.asdict(event), "time": time}
        self._stream.line(json_text(fields))


def json_text(value: object, indent: int | None = None) -> str:
    """Give JSON text of values, dataclasses, paths and times; numbers that JSON lacks are null."""
    text = json.dumps(_jsonable(value), allow_nan=False, indent=indent)
    # GitHub's runner takes `##[` anywhere in a line for a command; this is the same JSON text.
    return text.replace("##", "#\\u0023")


def _jsonable(value: object) -> object:
    match value:
        case Mapping():
            return {str(key): _jsonable(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_jsonable(item) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return _jsonable(dataclasses.asdict(value))
        case _:
            return _scalar(value)


def _scalar(value: object) -> str | float | None:
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case date():
            return value.isoformat()
        case _:
            return str(value).encode("utf-8", "backslashreplace").decode()  # no halves of pairs
