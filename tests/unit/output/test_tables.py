import io
import json
import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.core.report import HostReport, Outcome
from deployer.output.choose import Output
from deployer.output.jsonl import json_text
from deployer.output.tables import Section, show, show_sections, table

ROWS = (
    {"host": "web1", "release": "000042-1a2b3c4", "uptime": 3, "good": True, "hidden": "x"},
    {"host": "web10", "release": None, "uptime": 1200, "good": False},
)
COLUMNS = ("host", "release", "uptime", "good")


def shown(output: Output) -> str:
    paper = io.StringIO()
    show(ROWS, COLUMNS, command="status", environment="prod", output=output, stdout=paper)
    return paper.getvalue()


def test_rows_are_aligned_and_numbers_stand_right():
    assert shown(Output.AUTO) == (
        "HOST   RELEASE         UPTIME  GOOD\n"
        "web1   000042-1a2b3c4       3  yes\n"
        "web10  -                 1200  no\n"
    )


def test_json_is_one_document_with_every_key():
    assert json.loads(shown(Output.JSON)) == {
        "command": "status",
        "environment": "prod",
        "rows": [dict(row) for row in ROWS],
    }


def test_no_rows_are_said_to_be_none():
    assert table((), COLUMNS) == ("(none)",)


def test_text_of_several_lines_goes_below_its_row():
    rows = ({"file": "site.conf", "diff": "-old\n+\x1b[2Jnew"},)

    assert table(rows, ("file", "diff")) == (
        "FILE       DIFF",
        "site.conf  (below)",
        "    -old",
        "    +new",
    )


def test_values_of_many_kinds_are_readable():
    row = {
        "when": datetime(2026, 11, 21, 13, 45, 1, tzinfo=UTC),
        "names": ("a", "b"),
        "none": (),
        "seconds": 0.25,
        "evil": "a\x1b[31m\rb",
    }

    line = table((row,), tuple(row))[1]
    assert re.split(" {2,}", line) == ["2026-11-21 13:45:01 UTC", "a, b", "-", "0.2", "a b"]


def test_sections_have_titles():
    paper = io.StringIO()
    sections = (Section("files", ({"path": "/x"},), ("path",)), Section("commits", (), ("id",)))

    show_sections(sections, command="plan", environment="prod", output=Output.PLAIN, stdout=paper)

    assert paper.getvalue() == "FILES\nPATH\n/x\n\nCOMMITS\n(none)\n"


def test_sections_are_one_json_document():
    paper = io.StringIO()
    sections = (Section("files", ({"path": PurePosixPath("/x")},), ("path",)),)

    show_sections(sections, command="plan", environment="prod", output=Output.JSON, stdout=paper)

    document = {"command": "plan", "environment": "prod", "sections": {"files": [{"path": "/x"}]}}
    assert json.loads(paper.getvalue()) == document


@given(st.text() | st.floats() | st.integers() | st.none() | st.lists(st.text()))
def test_any_value_is_valid_json_on_one_line(value: object):
    text = json_text({"value": value})

    assert "\n" not in text
    assert text.isascii()
    assert "##" not in text
    json.loads(text, parse_constant=pytest.fail)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_survives_json(text: str):
    assert json.loads(json_text({"text": text})) == {"text": text}


def test_values_that_json_does_not_know_are_written_as_text():
    when = datetime(2026, 11, 21, tzinfo=UTC)
    report = HostReport("web1", Outcome.COMMITTED)

    written = json.loads(json_text([when, PurePosixPath("/x"), float("inf"), "\udcff", report]))

    assert written[:4] == ["2026-11-21T00:00:00+00:00", "/x", None, "\\udcff"]
    assert written[4]["outcome"] == "committed"
