"""`inv logs`: what the app's processes logged on each host, now or as it comes."""

import re

from deployer.api.answering import tell_errors, worst
from deployer.api.numbers import whole_number
from deployer.api.perform import environment, transport_for
from deployer.api.place import Place
from deployer.api.request import LogsRequest
from deployer.api.sessions import address, reached
from deployer.api.watching import watch
from deployer.core.inventory import App
from deployer.core.processes import is_process_name
from deployer.core.release import COLOURS, Layout
from deployer.engine.session import Session
from deployer.errors import DeployerError, HostError, UsageError
from deployer.output.broadcast import Broadcast
from deployer.output.choose import parse_output
from deployer.output.host_lines import HostLines
from deployer.output.messages import Messages
from deployer.output.stream import Stream

_USUAL = 100
_MOST = 100_000
_SILENCE = 120.0
_FOLLOWED = 86_400.0
"""Seconds without a line after which following ends: a day."""


def logs(place: Place, request: LogsRequest) -> int:
    """Show lines of all hosts that answer; Ctrl-C ends it well."""
    output = parse_output(request.output)
    wanted = pattern(request.grep)
    with Broadcast((Messages(Stream(place.stderr)),)) as emit:
        at = environment(place, request, emit, with_secrets=False)
        app = at.inventory.app
        command = journalctl(request, units_of(app, request.process))
        lines = HostLines(output, place.stdout, place.clock, name="logs", hosts=len(at.hosts))
        addresses = tuple(address(at.inventory, host) for host in at.hosts)
        if request.process and request.process not in (*app.processes, *app.timers):
            text = (
                f"the inventory has no process and no timer `{request.process}` ({_there_are(app)})"
            )
            at.notice(f"{text}; this is what an earlier one logged", "warning")

        def show(session: Session) -> int:
            message = {"command": list(command), "user": "", "env_files": [], "folder": "/"}
            silence = _FOLLOWED if request.follow else _SILENCE

            def on_line(line: str) -> None:
                if wanted.search(line):
                    lines.write(session.host, line)

            return session.stream(message, on_line, silence=silence)

        reaching = reached(transport_for(at), app.name, addresses, emit, at.redact)
        with reaching as (sessions, errors):
            try:
                ends = watch(sessions, show)
            except KeyboardInterrupt:
                return 0
        failed: dict[str, DeployerError] = {**errors, **_failures(ends)}
        tell_errors(at, failed)
        if lines.none_yet and not failed:
            at.notice("no line was logged that fits", "warning")
    return worst(error.exit_code for error in failed.values())


def units_of(app: App, process: str) -> tuple[str, ...]:
    """Name the units of the web app, or of one process or timer, maybe of an earlier release.

    Raises UsageError for what can be no name of one.
    """
    if not process:
        return tuple(Layout(app.name).unit(colour) for colour in COLOURS)
    copies, runs = f"{app.name}.{process}@*.service", f"{app.name}.{process}.service"
    if process in app.processes:
        return (copies,)
    if process in app.timers:
        return (runs,)
    if is_process_name(process):
        return (copies, runs)
    raise UsageError(
        f"`--process {process[:80]}` can be no process and no timer.", hint=_there_are(app)
    )


def _there_are(app: App) -> str:
    known = ", ".join((*app.processes, *app.timers))
    return f"there are: {known}" if known else "the inventory has neither processes nor timers"


def journalctl(request: LogsRequest, units: tuple[str, ...]) -> tuple[str, ...]:
    """Give the words that show the log of units; raises UsageError."""
    last = whole_number(request.lines, "--lines", usual=_USUAL, most=_MOST)
    # With --since, all lines from then on are wanted, unless a number is given too.
    count = (f"--lines={last}",) if request.lines or not request.since else ()
    since = (f"--since={_since(request.since)}",) if request.since else ()
    follow = ("--follow",) if request.follow else ()
    return (
        "journalctl",
        "--no-pager",
        "--quiet",
        "--output=short-iso",
        *(f"--unit={unit}" for unit in units),
        *since,
        *count,
        *follow,
    )


def pattern(text: str) -> re.Pattern[str]:
    """Read the value of `--grep`; it is applied here, no host ever sees it."""
    try:
        return re.compile(text)
    except (re.error, OverflowError) as error:
        raise UsageError(
            f"`--grep {text}` is no regular expression: {error}.",
            hint="put a backslash before a sign that stands for itself, such as `\\[`",
        ) from None


def _since(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9 :.+-]{1,64}", text):
        return text
    raise UsageError(
        f"`--since {text}` is no time.",
        hint='write it as journalctl does: `-1h`, `today`, `"2026-11-21 13:45"`',
    )


def _failures(ends: dict[str, int | DeployerError]) -> dict[str, DeployerError]:
    return {
        host: end
        if isinstance(end, DeployerError)
        else HostError(f"`journalctl` ended with {end}.", host=host, hint="look at `--since`")
        for host, end in ends.items()
        if end != 0
    }
