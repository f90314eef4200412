"""Shows a plan: a text for people, one JSON document for programs."""

from collections.abc import Iterator
from typing import TextIO

from deployer.core.preview import HostPreview, Preview, StepPreview
from deployer.output.choose import Output
from deployer.output.jsonl import json_text
from deployer.output.stream import Stream
from deployer.output.text import clean, harmless

_PROVISIONAL = " (provisional: what the step `check` finds on the host decides)"


def show_preview(preview: Preview, *, output: Output, stdout: TextIO | None) -> None:
    """Print a plan; as JSON its fields as they are."""
    stream = Stream(stdout)
    if output == Output.JSON:
        stream.line(json_text(preview))
        return
    for line in lines(preview):
        stream.line(harmless(line))


def lines(preview: Preview) -> Iterator[str]:
    """Give the text of a plan."""
    if preview.already_live:
        yield clean(preview.already_live)
        return
    yield clean(_title(preview))
    yield from (clean(f"rollout: {one}") for one in preview.rollout)
    yield from _news(preview)
    for host in preview.hosts:
        yield ""
        yield clean(f"{host.host} (live: {host.live or 'nothing yet'})")
        yield from _host(host)
    yield ""
    yield _end(preview)


def _title(preview: Preview) -> str:
    release = f" {preview.release}" if preview.release else ""
    batches = " then ".join(", ".join(batch) for batch in preview.batches)
    return f"{preview.command}{release} of {preview.app} on {preview.environment}: {batches}"


def _news(preview: Preview) -> Iterator[str]:
    if preview.migrations:
        yield clean(f"migrations: {preview.migrations}")
    if preview.commits is not None:
        yield f"commits: {len(preview.commits) or 'none'}"
        for commit in preview.commits:
            yield clean(f"  {commit.revision[:7]} {commit.subject} ({commit.author})")


def _host(host: HostPreview) -> Iterator[str]:
    for phase in host.phases:
        yield f"  {phase.phase}"
        for step in phase.steps:
            yield from _step(step)
    for change in host.files:
        if not change.diff:
            yield clean(f"  {change.path} changes (its content is not shown)")
            continue
        yield from (f"  {clean(line)}" for line in change.diff.splitlines())


def _step(step: StepPreview) -> Iterator[str]:
    note = _PROVISIONAL if step.provisional else ""
    if step.refused:
        yield clean(f"    {step.step}: REFUSED: {step.refused}")
        yield clean(f"      hint: {step.hint}")
    elif step.passed:
        yield clean(f"    {step.step}: {step.passed}")
    elif step.skipped:
        yield clean(f"    {step.step}: skipped: {step.skipped}{note}")
    else:
        yield clean(f"    {step.step}{note}")
        yield from (clean(f"      {action}") for action in step.actions)
    yield from (clean(f"      {notice}") for notice in step.notices)


def _end(preview: Preview) -> str:
    if any(host.refusals for host in preview.hosts):
        return "this would be refused; nothing was changed"
    return "nothing was changed"
