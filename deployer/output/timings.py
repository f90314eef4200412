"""`--timings`: where the time of a run went, as lines after its end."""

from collections.abc import Iterable, Iterator, Sequence

from deployer.core.event import Event
from deployer.output.stream import Stream
from deployer.output.text import clean, duration
from deployer.output.timeline import CONNECT, Bar, Span, Timeline, slowest, together

_BEFORE = "inventory, templates, connections, facts"
_WIDTH = 18


class Timings:
    """Writes the lines when the run is over and everything else was said."""

    def __init__(self, timeline: Timeline, stream: Stream) -> None:
        self._timeline = timeline
        self._stream = stream

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        self._timeline(event)

    def close(self) -> None:
        """Write where the time went."""
        for line in told(self._timeline):
            self._stream.line(line)


def told(timeline: Timeline) -> Iterator[str]:
    """Give a line for each phase and, under it, each step with the host that took longest."""
    total = timeline.seconds
    yield f"TIMINGS  {duration(total)} in all"
    bars = together(timeline.bars)
    longest = slowest(bars)
    for name, spans in _phases(timeline.spans).items():
        text = _BEFORE if name == CONNECT else _between(timeline, spans)
        yield _line(name, sum(span.seconds for span in spans), total, text)
        for (phase, step), bar in longest.items():
            if phase == name:
                yield _line(f"  {step}", bar.seconds, total, _hosts(bars, bar))
    if longest:
        yield _bound(max(longest.values(), key=lambda bar: bar.seconds), total)


def _phases(spans: Iterable[Span]) -> dict[str, list[Span]]:
    """Put together what a fleet goes through more than once: a phase for each batch."""
    found: dict[str, list[Span]] = {}
    for span in spans:
        found.setdefault(span.name, []).append(span)
    return found


def _between(timeline: Timeline, spans: Sequence[Span]) -> str:
    """Say how much of a phase no host was at work: the link, the controller, waiting."""
    idle = sum(span.seconds - _busiest(timeline, span) for span in spans)
    times = f", {len(spans)} times" if len(spans) > 1 else ""
    return f"of it {duration(max(0.0, idle))} between steps{times}"


def _busiest(timeline: Timeline, span: Span) -> float:
    """Give the seconds for which the host was at work that had the most to do."""
    of: dict[str, float] = {}
    for bar in timeline.bars:
        if bar.phase == span.name and span.begins <= bar.begins <= span.ends:
            of[bar.host] = of.get(bar.host, 0.0) + bar.seconds
    return max(of.values(), default=0.0)


def _hosts(bars: Iterable[Bar], slow: Bar) -> str:
    others = [
        bar.seconds
        for bar in bars
        if (bar.phase, bar.step) == (slow.phase, slow.step) and bar is not slow
    ]
    if not others:
        return clean(slow.host)
    low, high = min(others), max(others)
    return f"{clean(slow.host)}; {len(others)} more: {low:.1f} to {duration(high)}"


def _bound(bar: Bar, total: float) -> str:
    share = f"{100 * bar.seconds / total:.0f} % of the time" if total else "longest"
    return f"{share}: {clean(bar.step)} on {clean(bar.host)}, {duration(bar.seconds)}"


def _line(name: str, seconds: float, total: float, text: str) -> str:
    share = f"{100 * seconds / total:.0f} %" if total else ""
    return (
        f"{clean(name).ljust(_WIDTH)}{duration(seconds).rjust(12)}{share.rjust(7)}  {text}".rstrip()
    )
