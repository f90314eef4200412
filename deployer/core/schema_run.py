"""What one run did to the schema of a database, as the host has kept it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that a run applied; `breaks` says why older code cannot bear it."""

    name: str
    breaks: str = ""
    half: bool = False
    known: bool = True
    run: str = ""
    time: float = 0.0


@dataclass(frozen=True, slots=True)
class SchemaRun:
    """One entry of the host's `schema.json`."""

    run: str
    release: str
    all: tuple[Applied, ...] = ()

    @property
    def number(self) -> int:
        """The number of the release that the run was about."""
        digits = self.release[:6]
        return int(digits) if digits.isdigit() else 0


def parse_schema_runs(answer: object) -> tuple[SchemaRun, ...]:
    """Read the part `schema` of the agent's answer to `app`."""
    listed = answer if isinstance(answer, list) else []
    return tuple(_run(cast("Mapping[str, object]", one)) for one in listed if _is_object(one))


def _run(data: Mapping[str, object]) -> SchemaRun:
    time = data.get("time")
    about = (str(data.get("run") or ""), float(time) if isinstance(time, int | float) else 0.0)
    applied = _applied(data.get("applied"), about, half=False)
    return SchemaRun(
        about[0],
        str(data.get("release") or ""),
        (*applied, *_applied(data.get("half"), about, half=True)),
    )


def _applied(listed: object, about: tuple[str, float], *, half: bool) -> tuple[Applied, ...]:
    rows = listed if isinstance(listed, list) else []
    return tuple(
        Applied(
            str(one.get("name") or ""),
            str(one.get("breaks") or ""),
            half=half,
            run=about[0],
            time=about[1],
        )
        for one in rows
        if isinstance(one, Mapping)
    )


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)
