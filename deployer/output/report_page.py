"""`--report FILE`: a run as one HTML page that needs nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path

from deployer.core.event import Event, StepFailed
from deployer.core.report import HostReport
from deployer.output.narrative import verdict
from deployer.output.text import clean, duration
from deployer.output.theme import outcome_tone, outcome_words
from deployer.output.timeline import CONNECT, Bar, Span, Timeline, slowest, together
from deployer.rendering.renderer import render

TEMPLATE = "pages/report.html.j2"
_WHOLE = 10_000
"""Places on the axis are whole parts of this."""
_TICKS = 8
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
_MOST_HOSTS = 12
"""A table with more columns than that is read by nobody."""
Values = Mapping[str, object]


class ReportPage:
    """Writes the page when the run is over, however it ended."""

    def __init__(self, timeline: Timeline, path: Path) -> None:
        self._timeline = timeline
        self._path = path

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        self._timeline(event)

    def close(self) -> None:
        """Write the page."""
        self._path.write_text(page(self._timeline), encoding="utf-8")


def page(timeline: Timeline) -> str:
    """Give the page of a run."""
    started, ended = timeline.started, timeline.ended
    about = f"{started.command} {started.app} on {started.environment}" if started else ""
    values: Values = {
        "title": clean(about or (ended.command if ended else "run")),
        "verdict": verdict(ended) if ended else "the command ended before the run did",
        "tone": str(outcome_tone(ended.outcome)) if ended else "bad",
        "began": f"{timeline.began_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "seconds": duration(timeline.seconds),
        "run": clean(started.run) if started else "",
        "next_command": clean(ended.next_command) if ended else "",
        "ticks": tuple(_ticks(timeline.seconds)),
        "spans": tuple(_span(one, timeline.seconds) for one in timeline.spans),
        "lanes": tuple(_lane(timeline, host) for host in timeline.hosts),
        "ends": tuple(map(_end, ended.hosts)) if ended else (),
        "failures": tuple(map(_failure, timeline.failures)),
        "hosts": tuple(map(clean, timeline.hosts[:_MOST_HOSTS])),
        "steps": tuple(_steps(timeline)),
    }
    return render((), TEMPLATE, values)


def _ticks(total: float) -> Iterator[Values]:
    step = next((one for one in _STEPS if total / one <= _TICKS), _STEPS[-1])
    for number in range(int(total / step) + 1):
        text = f"{number * step:g} s"
        yield {"at": _part(number * step, total), "text": text}


def _span(span: Span, total: float) -> Values:
    return {
        "name": clean(span.name),
        "title": f"{clean(span.name)}: {duration(span.seconds)}",
        "at": _part(span.begins, total),
        "width": _part(span.seconds, total),
    }


def _lane(timeline: Timeline, host: str) -> Values:
    mine = [bar for bar in timeline.bars if bar.host == host and bar.state != "skipped"]
    return {"host": clean(host), "bars": tuple(_bar(bar, timeline.seconds) for bar in mine)}


def _bar(bar: Bar, total: float) -> Values:
    note = f": {clean(bar.note)}" if bar.note else ""
    return {
        "step": clean(bar.step),
        "state": bar.state,
        "title": f"{clean(bar.step)}, {duration(bar.seconds)} from {bar.begins:.1f} s{note}",
        "at": _part(bar.begins, total),
        "width": _part(bar.seconds, total),
    }


def _part(seconds: float, total: float) -> int:
    return round(_WHOLE * seconds / total) if total > 0 else 0


def _end(host: HostReport) -> Values:
    return {
        "host": clean(host.host),
        "outcome": outcome_words(host.outcome),
        "tone": str(outcome_tone(host.outcome)),
        "release": clean(host.release),
        "cause": ": ".join(clean(text) for text in (host.step, host.cause) if text),
    }


def _failure(failed: StepFailed) -> Values:
    return {
        "host": clean(failed.host),
        "step": clean(failed.step),
        "cause": clean(failed.cause),
        "hint": clean(failed.hint),
        "log": tuple(map(clean, failed.log)),
    }


def _steps(timeline: Timeline) -> Iterator[Values]:
    total, hosts = timeline.seconds, timeline.hosts[:_MOST_HOSTS]
    yield _row(timeline.spans[0], total, hosts)
    bars = together(timeline.bars)
    for (phase, step), slow in slowest(bars).items():
        of = {bar.host: bar for bar in bars if (bar.phase, bar.step) == (phase, step)}
        cells = tuple(_cell(of.get(host), slow, among=len(of)) for host in hosts)
        yield {"step": clean(step), "phase": phase, "cells": cells, "share": _share(slow, total)}


def _row(before: Span, total: float, hosts: Sequence[str]) -> Values:
    cells = tuple({"text": duration(before.seconds), "slow": False} for _ in hosts)
    share = f"{100 * before.seconds / total:.0f} %" if total else ""
    return {"step": CONNECT, "phase": "", "cells": cells, "share": share}


def _cell(bar: Bar | None, slow: Bar, *, among: int) -> Values:
    if bar is None or bar.state == "skipped":
        return {"text": "-", "slow": False}
    return {"text": duration(bar.seconds), "slow": among > 1 and bar is slow}


def _share(bar: Bar, total: float) -> str:
    return f"{100 * bar.seconds / total:.0f} %" if total else ""
