import json
from pathlib import Path

import pytest

from deployer.core.event import StepStarted
from tests.golden.output.recordings import RUNS, prepared
from tests.golden.output.shown import SINKS, console, json_lines, markdown

FOLDER = Path(__file__).parent


def golden(name: str) -> str:
    return (FOLDER / name).read_bytes().decode()


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("run", RUNS)
def test_a_recorded_run_reads_as_agreed(run: str, sink: str):
    events = RUNS[run]()

    text = SINKS[sink](events)

    assert text == golden(f"{run}.{sink}.txt")


@pytest.mark.parametrize("run", RUNS)
def test_the_summary_of_a_recorded_run_reads_as_agreed(run: str, tmp_path: Path):
    events = RUNS[run]()

    text = markdown(events, tmp_path)

    assert text == golden(f"{run}.summary.md")


@pytest.mark.parametrize("run", RUNS)
def test_each_json_line_is_one_event(run: str):
    events = RUNS[run]()

    lines = [json.loads(line) for line in json_lines(events).splitlines()]

    assert [line["event"] for line in lines] == [type(event).__name__ for event in events]


def test_the_live_view_shows_what_each_host_is_at():
    events = [*prepared(), StepStarted("web2", "configure")]

    rows = console(events, unfinished=True).splitlines()[-2:]

    assert [row.split() for row in rows] == [
        ["web1", "BUILD", "install", "done"],
        [rows[1].split()[0], "web2", "BUILD", "configure", "0.0", "s"],
    ]


def test_the_live_view_leaves_no_row_behind():
    text = console(RUNS["success"]())

    assert "waiting" not in text


def test_a_narrow_terminal_shows_rows_that_fit():
    events = [*prepared(), StepStarted("web2", "configure")]

    rows = console(events, {"TERM": "xterm", "COLUMNS": "40"}, unfinished=True).splitlines()[-2:]

    assert all(len(row) <= 40 for row in rows)
    assert rows[0].split()[0] == "web1"
