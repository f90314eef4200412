"""`--timings`: where the time of a run went, as lines after its end."""

from collections.abc import Iterator

from deployer.core.event import Event
from deployer.output.stream import Stream
from deployer.output.text import clean, duration
from deployer.output.timeline import CONNECT, Bar, Span, Timeline, slowest

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
    longest = slowest(timeline.bars)
    for span in timeline.spans:
        text = _BEFORE if span.name == CONNECT else _between(timeline, span)
        yield _line(span.name, span.seconds, total, text)
        for (phase, step), bar in longest.items():
            if phase == span.name:
                yield _line(f"  {step}", bar.seconds, total, _hosts(timeline, bar))
    if longest:
        yield _bound(max(longest.values(), key=lambda bar: bar.seconds), total)


def _between(timeline: Timeline, span: Span) -> str:
    """Say how much of a phase no host was at work: the link, the controller, waiting."""
    busy = [
        sum(bar.seconds for bar in timeline.bars if (bar.phase, bar.host) == (span.name, host))
        for host in timeline.hosts
    ]
    idle = span.seconds - max(busy, default=0.0)
    return f"of it {duration(max(0.0, idle))} between steps"


def _hosts(timeline: Timeline, slow: Bar) -> str:
    others = [
        bar.seconds
        for bar in timeline.bars
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
