"""The reference of events, which `--output json` writes and every sink reads."""

import dataclasses
from typing import get_args, get_type_hints

from deployer.core.event import Event
from deployer.core.report import HostReport, Outcome
from deployer.core.step import Phase
from deployer.recipes.deploy import deploy
from docs.generator.markdown import first_sentence, page, table

_INTRO = """\
`inv deploy --output json` (also `rollback`, `setup`, `backup`, `prune`) writes one JSON object a
line on stdout: the event's name under `event`, the time in UTC under `time`, and the fields below,
always all of them. Errors and warnings for people go to stderr. Texts hold no secrets and no
control characters; times are seconds. The last line of a run is a `RunFinished`.

New fields and new events may come with a new version: ignore what you do not know.

Commands that only read (`status`, `releases`, `plan` …) write one JSON document instead."""
_NAMES = {str: "text", bool: "true or false", int: "whole number", float: "number"}


def events_page() -> str:
    """Give the page."""
    events = get_args(Event)
    outcomes = ", ".join(f"`{one}`" for one in Outcome)
    return page(
        "Events",
        _INTRO,
        *(_section(one) for one in events),
        "## Words in events",
        f"Outcomes: {outcomes}.",
        f"Phases: {', '.join(f'`{one}`' for one in Phase)}.",
        "Steps of a deploy, in order:",
        table(("step", "phase", "what it does"), [_step(one) for one in deploy()]),
        "A host in `RunFinished.hosts`:",
        _fields(HostReport),
    )


def _step(step: object) -> tuple[str, str, str]:
    name, phase = getattr(step, "name", ""), getattr(step, "phase", "")
    return (f"`{name}`", str(phase), first_sentence(type(step).__doc__))


def _section(event: type) -> str:
    return f"## {event.__name__}\n\n{first_sentence(event.__doc__)}\n\n{_fields(event)}"


def _fields(owner: type) -> str:
    hints = get_type_hints(owner)
    rows = [(f"`{one.name}`", _words(hints[one.name])) for one in dataclasses.fields(owner)]
    return table(("field", "value"), rows)


def _words(hint: object) -> str:
    if isinstance(hint, type) and hint in _NAMES:
        return _NAMES[hint]
    if hint is Outcome:
        return "an outcome, see below"
    inner = get_args(hint)[0]
    return "list of hosts, see below" if inner is HostReport else f"list of {_words(inner)}"
