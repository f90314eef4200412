import io
import json
from pathlib import Path

import pytest

from deployer.core.event import Noticed
from deployer.errors import UsageError
from deployer.output.choose import Output, Surroundings, choose, parse_output
from tests.golden.output.recordings import RUNS, FakeClock
from tests.golden.output.shown import Screen
from tests.golden.output.terminal import seen


class Tty(Screen):
    def isatty(self) -> bool:
        return True


def around(environ: dict[str, str], stdout: io.StringIO | None = None) -> Surroundings:
    return Surroundings(stdout or Tty(), io.StringIO(), environ, FakeClock())


XTERM = {"TERM": "xterm"}


@pytest.mark.parametrize(
    ("output", "environ", "sinks"),
    [
        ("auto", XTERM, ["Console"]),
        ("auto", XTERM | {"CI": "true"}, ["Plain"]),
        ("auto", XTERM | {"CI": "false"}, ["Console"]),
        ("auto", XTERM | {"COLUMNS": "0"}, ["Console"]),
        ("auto", XTERM | {"COLUMNS": "30"}, ["Plain"]),
        ("auto", {"TERM": "dumb"}, ["Plain"]),
        ("auto", {}, ["Plain"]),
        ("console", XTERM | {"CI": "true"}, ["Console"]),
        ("console", {"TERM": "dumb"}, ["Plain"]),
        ("plain", XTERM, ["Plain"]),
        ("json", XTERM, ["Jsonl", "Messages"]),
        ("auto", {"GITHUB_STEP_SUMMARY": "summary.md"}, ["Plain", "Summary"]),
    ],
)
def test_the_surroundings_choose_the_sinks(output: str, environ: dict[str, str], sinks: list[str]):
    chosen = choose(Output(output), around(environ))

    assert [type(sink).__name__ for sink in chosen] == sinks


def test_a_pipe_gets_lines_even_when_a_live_view_was_asked_for():
    chosen = choose(Output.CONSOLE, around(XTERM, io.StringIO()))

    assert [type(sink).__name__ for sink in chosen] == ["Plain"]


def test_a_closed_stdout_is_no_error():
    without = Surroundings(None, None, XTERM, FakeClock())

    for output in Output:
        for sink in choose(output, without):
            sink(Noticed("x", "error"))


def test_no_colour_is_written_when_it_is_not_wanted():
    screen = Tty()
    (console,) = choose(Output.CONSOLE, around(XTERM | {"NO_COLOR": "1"}, screen))

    for event in RUNS["rolled-back"]():
        console(event)

    assert "\x1b[32m" not in screen.getvalue()
    assert "\x1b[33m" not in screen.getvalue()
    assert "\x1b[1;31m" not in screen.getvalue()
    assert "✗ web2" in seen(screen.getvalue())


def test_colour_is_written_on_a_terminal():
    screen = Tty()
    (console,) = choose(Output.CONSOLE, around(XTERM, screen))

    for event in RUNS["rolled-back"]():
        console(event)

    assert "\x1b[1;31m" in screen.getvalue()


def test_a_terminal_that_knows_only_ascii_gets_ascii_marks():
    class Ascii(Tty):
        encoding = "ascii"

    screen = Ascii()
    (console,) = choose(Output.CONSOLE, around(XTERM, screen))

    for event in RUNS["success"]():
        console(event)

    assert screen.getvalue().isascii()


def test_json_keeps_stdout_for_events_and_stderr_for_people():
    stdout, stderr = io.StringIO(), io.StringIO()

    for sink in choose(Output.JSON, Surroundings(stdout, stderr, XTERM, FakeClock())):
        sink(Noticed("look", "warning", "web1"))

    assert json.loads(stdout.getvalue())["text"] == "look"
    assert stderr.getvalue() == "web1 | warning: look\n"


def test_the_summary_is_appended(tmp_path: Path):
    page = tmp_path / "summary.md"
    page.write_text("before\n")

    for sink in choose(Output.PLAIN, around({"GITHUB_STEP_SUMMARY": str(page)})):
        for event in RUNS["success"]():
            sink(event)

    assert page.read_text().startswith("before\n## deploy shop on prod\n")


def test_a_wrong_kind_of_output_is_refused_with_the_choices():
    with pytest.raises(UsageError) as caught:
        parse_output("jason")

    assert caught.value.message == "`jason` is no kind of output. Did you mean `json`?"
    assert caught.value.hint == "Choose one of auto, console, plain, json."


def test_the_value_of_output_is_read():
    assert parse_output("plain") is Output.PLAIN
