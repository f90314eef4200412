"""A Markdown page about a run, appended to a file such as GitHub's job summary."""

import re
from collections.abc import Iterable
from pathlib import Path

from deployer.core.event import (
    Event,
    RunFinished,
    RunStarted,
    StepFailed,
    StepFinished,
    StepSkipped,
)
from deployer.core.report import HostReport
from deployer.output.narrative import verdict
from deployer.output.text import clean, duration
from deployer.output.theme import outcome_words

_SIGNS = re.compile(r"([\\`*_\[\]<>#|~@&$])")


class Summary:
    """Collects events and writes the page at the end: hosts, steps with times, failures."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._title = ""
        self._hosts: tuple[str, ...] = ()
        self._steps: dict[str, dict[str, str]] = {}
        self._failures: list[StepFailed] = []

    def __call__(self, event: Event) -> None:
        """Take in an event; the last one writes the file."""
        match event:
            case RunStarted():
                self._title = f"{event.command} {event.app} on {event.environment}"
                self._hosts = event.hosts
            case StepFinished():
                self._step(event.host, event.step, duration(event.seconds))
            case StepSkipped():
                self._step(event.host, event.step, "skipped")
            case StepFailed():
                self._step(event.host, event.step, "**failed**")
                self._failures.append(event)
            case RunFinished():
                self._append(self._page(event))
            case _:
                pass  # the page tells how the run ended, not how it went

    def _step(self, host: str, step: str, text: str) -> None:
        self._steps.setdefault(step, {})[host] = text

    def _append(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text)

    def _page(self, event: RunFinished) -> str:
        parts = [f"## {_escaped(self._title or event.command)}", _escaped(verdict(event))]
        if event.hosts:
            heads = ("host", "outcome", "release", "time", "cause")
            parts.append(_table(heads, map(_host_row, event.hosts)))
        if self._steps:
            parts.append(_table(("step", *self._hosts), self._step_rows()))
        parts += [_failure(failure) for failure in self._failures]
        if event.next_command:
            parts.append(f"Next:\n\n{_block((event.next_command,))}")
        return "\n\n".join(parts) + "\n\n"

    def _step_rows(self) -> Iterable[tuple[str, ...]]:
        for step, hosts in self._steps.items():
            yield (_escaped(step), *(hosts.get(host, "") for host in self._hosts))


def _host_row(host: HostReport) -> tuple[str, ...]:
    texts = (host.host, outcome_words(host.outcome), host.release)
    return (*map(_escaped, texts), duration(host.seconds), _escaped(host.cause))


def _failure(failure: StepFailed) -> str:
    head = f"**{_escaped(failure.step)} failed on {_escaped(failure.host)}**: "
    hint = f"\n\nHint: {_escaped(failure.hint)}" if failure.hint else ""
    log = f"\n\n{_block(failure.log)}" if failure.log else ""
    return f"{head}{_escaped(failure.cause)}{hint}{log}"


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    head = tuple(_escaped(one) for one in heads)
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\1", clean(text))


def _block(lines: Iterable[str]) -> str:
    # An indented block has no end mark that a line could forge.
    return "\n".join(f"    {clean(line)}" for line in lines)
