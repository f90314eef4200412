"""What was done here: the runs in the journal."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from deployer.agent.context import Context, Fields
from deployer.agent.runs.journal import Record, load
from deployer.agent.runs.recovering import JOURNAL
from deployer.agent.schema.schema_ledger import read_ledger
from deployer.agent.text import fields

_USUAL = 20


def journal(ctx: Context, question: Fields) -> object:
    """Give the last runs, the oldest first; one without an end is `open`."""
    limit = fields.whole(question, "limit", _USUAL)
    runs: dict[str, list[Record]] = {}
    for record in load(ctx.state_folder / JOURNAL):
        runs.setdefault(str(record.get("run")), []).append(record)
    schema = {one.get("run"): one.get("sentence", "") for one in read_ledger(ctx.state_folder)}
    last = list(runs.items())[-limit:] if limit else []
    return [{**_run(name, records), "schema": schema.get(name, "")} for name, records in last]


def _run(name: str, records: Sequence[Record]) -> dict[str, object]:
    begin = next((one for one in records if one.get("event") == "begin"), {})
    # The last one counts: what was given up may have been mended by a later recovery.
    end = next((one for one in reversed(records) if one.get("event") == "end"), {})
    # A step that was only told to stop says nothing: why it was told so is at the end.
    by_itself = (one for one in records if one.get("cancelled") is not True)
    failed = next((one for one in by_itself if one.get("state") == "failed"), {})
    release = begin.get("release")
    known: Mapping[str, object] = release if isinstance(release, Mapping) else {}
    started, ended = _time(records[0]), _time(end or records[-1])
    return {
        "id": name,
        "command": begin.get("command", ""),
        "actor": begin.get("actor", ""),
        "release": known.get("id") or end.get("release") or "",
        "revision": known.get("revision", ""),
        "outcome": end.get("outcome", "open"),
        "started": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(started)),
        "seconds": round(max(0.0, ended - started), 1),
        "cause": failed.get("cause") or end.get("cause") or "",
        "step": failed.get("step", ""),
    }


def _time(record: Mapping[str, object]) -> float:
    value = record.get("time")
    return float(value) if isinstance(value, (int, float)) else 0.0
