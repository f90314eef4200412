"""Numbers with a meaning: ports, durations in seconds, sizes."""

import math
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from deployer.core.grammar import Grammar
from deployer.core.model import refused

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN = r"[0-9]{1,9}(?:\.[0-9]{1,6})?(?:ms|s|m|h)"
_LONGEST = 86_400.0

Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """Marks a duration: `2s`, `500ms`, `2m`, `1h` or a number of seconds; a float in the model."""

    zero: bool = False

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take text or a number, give seconds."""
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(float)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Tell editors both ways to write it."""
        bound = "minimum" if self.zero else "exclusiveMinimum"
        number = {"type": "number", bound: 0, "maximum": _LONGEST}
        return {"anyOf": [number, {"type": "string", "pattern": f"^{_WRITTEN}$"}]}

    def read(self, value: object) -> float:
        """Give seconds, or refuse what is no duration, not finite, or out of bounds."""
        seconds = _seconds(value)
        enough = seconds >= 0 if self.zero else seconds > 0
        if not enough or seconds > _LONGEST:
            least = "0" if self.zero else "more than 0"
            raise refused(f"allowed: {least} to 24h, written `2s`, `500ms`, `2m` or in seconds")
        return seconds


def _seconds(value: object) -> float:
    if isinstance(value, bool):
        return math.nan
    if isinstance(value, int):
        return float(value) if abs(value) < _LONGEST * 10 else math.nan
    if isinstance(value, float):
        return value
    if isinstance(value, str) and re.fullmatch(_WRITTEN, value):
        number = value.rstrip("hms")
        return float(number) * _UNITS[value.removeprefix(number)]
    return math.nan


Duration = Annotated[float, Seconds()]
"""Seconds, more than none."""

Pause = Annotated[float, Seconds(zero=True)]
"""Seconds; 0 means none."""

MemorySize = Annotated[
    str, Grammar(r"[1-9][0-9]{0,8}[KMGT]", "a size such as `512M` or `2G` (K, M, G, T)")
]
"""A size as systemd writes it."""

BodySize = Annotated[
    str, Grammar(r"[1-9][0-9]{0,5}[kmg]", "a size such as `20m` (k, m, g in lower case)")
]
"""A size as nginx writes it."""
