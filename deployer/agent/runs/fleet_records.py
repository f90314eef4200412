"""What the journal says of runs that a whole fleet was to end in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployer.agent.runs.recovery import PROVING
from deployer.agent.runs.verdict import verdict

_Fields = Mapping[str, object]


def fleet_records(records: Sequence[_Fields]) -> dict[str, object]:
    """Give the last run that was committed here, and those proposed after it that were not.

    From the answers of all hosts together it can be told whether one of these runs was committed
    on some hosts of its fleet only.
    """
    runs: dict[str, list[_Fields]] = {}
    for record in records:
        runs.setdefault(str(record.get("run")), []).append(record)
    went_back: list[dict[str, object]] = []
    for run, mine in reversed(list(runs.items())):
        if not any(_proves(one) for one in mine):
            continue
        found = verdict(mine, run)
        if found["outcome"] == "committed":
            return {"decided": found, "went_back": went_back}
        if found["fleet"]:
            went_back.append(found)
    return {"decided": None, "went_back": went_back}


def _proves(record: _Fields) -> bool:
    return record.get("event") == "begin" and record.get("command") in PROVING
