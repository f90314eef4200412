"""Which sinks show a run: a live view for a person, lines for a log, JSON for a program."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from deployer.core.clock import Clock
from deployer.errors import UsageError
from deployer.output.broadcast import Sink
from deployer.output.folding import folding_for
from deployer.output.jsonl import Jsonl
from deployer.output.messages import Messages
from deployer.output.plain import Plain
from deployer.output.stream import Stream
from deployer.output.summary import Summary
from deployer.output.timeline import Timeline
from deployer.output.timings import Timings

_CI_VARIABLES = (
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BUILDKITE",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "TF_BUILD",
)
_NO = frozenset({"", "0", "false", "no"})
_NARROWEST = 40


class Output(StrEnum):
    """The values of `--output`."""

    AUTO = "auto"
    CONSOLE = "console"
    PLAIN = "plain"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a process finds around it; a stream is None when it was closed from the start."""

    stdout: TextIO | None
    stderr: TextIO | None
    environ: Mapping[str, str]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Extra:
    """What a person wants besides: where the time went, and a page about the run."""

    timings: bool = False
    report: Path | None = None


NOTHING_MORE = Extra()


def parse_output(text: str) -> Output:
    """Read the value of `--output`; raises UsageError."""
    if text in set(Output):
        return Output(text)
    near = difflib.get_close_matches(text, list(Output), n=1)
    meant = f" Did you mean `{near[0]}`?" if near else ""
    raise UsageError(
        f"`{text}` is no kind of output.{meant}", hint=f"Choose one of {', '.join(Output)}."
    )


def choose(
    output: Output, around: Surroundings, *, verbose: bool = False, extra: Extra = NOTHING_MORE
) -> tuple[Sink, ...]:
    """Give the sinks for a run; without a terminal that can be drawn on, always lines."""
    main = _main(output, around, verbose=verbose)
    return (*main, *_summaries(around.environ), *_more(output, around, extra))


def wants_console(output: Output, around: Surroundings) -> bool:
    """Tell whether a live view is wanted and this terminal can show it."""
    if output not in {Output.AUTO, Output.CONSOLE} or not _can_be_drawn_on(around):
        return False
    return output == Output.CONSOLE or not _is_ci(around.environ)


def _main(output: Output, around: Surroundings, *, verbose: bool) -> tuple[Sink, ...]:
    stdout = Stream(around.stdout)
    if output == Output.JSON:
        return (Jsonl(stdout, around.clock), Messages(Stream(around.stderr)))
    if around.stdout is not None and wants_console(output, around):
        from deployer.output.console import Console  # noqa: PLC0415  rich costs 80 ms to import

        return (Console(around.stdout, around.clock, around.environ, verbose=verbose),)
    folding = folding_for(around.environ, around.clock)
    return (Plain(stdout, around.clock, folding, verbose=verbose),)


def _summaries(environ: Mapping[str, str]) -> tuple[Sink, ...]:
    path = environ.get("GITHUB_STEP_SUMMARY", "")
    return (Summary(Path(path)),) if path else ()


def _more(output: Output, around: Surroundings, extra: Extra) -> Iterator[Sink]:
    if extra.report:
        from deployer.output.report_page import ReportPage  # noqa: PLC0415  few runs want one

        yield ReportPage(Timeline(around.clock), extra.report)
    if extra.timings:
        # After all that was said of the run; never between the objects on stdout.
        stream = Stream(around.stderr if output == Output.JSON else around.stdout)
        yield Timings(Timeline(around.clock), stream)


def _can_be_drawn_on(around: Surroundings) -> bool:
    if around.stdout is None or around.stdout.closed or not around.stdout.isatty():
        return False
    columns = around.environ.get("COLUMNS", "")
    narrow = columns.isdecimal() and 0 < int(columns) < _NARROWEST  # 0 says that nobody knows
    return around.environ.get("TERM", "") not in {"", "dumb", "unknown"} and not narrow


def _is_ci(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name, "").lower() not in _NO for name in _CI_VARIABLES)
