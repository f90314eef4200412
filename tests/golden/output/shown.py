"""Each sink fed with a recorded run: gives the whole text that it wrote."""

import io
from collections.abc import Callable
from pathlib import Path

from deployer.core.event import Event
from deployer.output.console import Console
from deployer.output.folding import GithubFolding, GitlabFolding, NoFolding
from deployer.output.jsonl import Jsonl
from deployer.output.messages import Messages
from deployer.output.plain import Plain
from deployer.output.stream import Stream
from deployer.output.summary import Summary
from tests.golden.output.recordings import FakeClock
from tests.golden.output.terminal import seen

TERMINAL = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}


class Screen(io.StringIO):
    encoding = "utf-8"


def plain(events: list[Event], folding=None, *, verbose: bool = False) -> str:
    paper, clock = io.StringIO(), FakeClock()
    sink = Plain(Stream(paper), clock, folding or NoFolding(), verbose=verbose)
    for event in events:
        sink(event)
        clock.sleep(0.25)
    sink.close()
    return paper.getvalue()


def verbose(events: list[Event]) -> str:
    return plain(events, verbose=True)


def github(events: list[Event]) -> str:
    return plain(events, GithubFolding())


def gitlab(events: list[Event]) -> str:
    return plain(events, GitlabFolding(FakeClock()))


def json_lines(events: list[Event]) -> str:
    paper, clock = io.StringIO(), FakeClock()
    sink = Jsonl(Stream(paper), clock)
    for event in events:
        sink(event)
        clock.sleep(0.25)
    return paper.getvalue()


def messages(events: list[Event]) -> str:
    paper = io.StringIO()
    sink = Messages(Stream(paper))
    for event in events:
        sink(event)
    return paper.getvalue()


def markdown(events: list[Event], folder: Path) -> str:
    sink = Summary(folder / "summary.md")
    for event in events:
        sink(event)
    return (folder / "summary.md").read_text()


def console(events: list[Event], environ: dict[str, str] | None = None, *, unfinished=False):
    screen, clock = Screen(), FakeClock()
    sink = Console(screen, clock, environ or TERMINAL)
    for event in events:
        sink(event)
        clock.sleep(0.25)
    text = screen.getvalue()
    sink.close()
    return seen(text if unfinished else screen.getvalue())


SINKS: dict[str, Callable[[list[Event]], str]] = {
    "plain": plain,
    "verbose": verbose,
    "github": github,
    "gitlab": gitlab,
    "jsonl": json_lines,
    "messages": messages,
    "console": console,
}
