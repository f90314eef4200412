import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.output.stream import Stream
from deployer.output.text import clean, duration, harmless, listed


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07rest", "rest"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x9b31mred", "red"),
        ("a\tb\r\nc", "a b c"),
        ("bell \x07", "bell \\x07"),
        ("\u202egnp", "\\u202egnp"),
        ("half \udcff", "half \\udcff"),
        ("two\u2028lines", "two lines"),
        ("naïve ✓ 日本", "naïve ✓ 日本"),
        ("  indented", "  indented"),
        ("\x1b", "\\x1b"),
    ],
)
def test_text_from_a_host_is_only_printed(given_text: str, shown: str):
    assert clean(given_text) == shown


@given(st.text())
def test_clean_text_is_one_line_without_control_characters(text: str):
    line = clean(text)

    assert len(line.splitlines()) <= 1
    assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in line)
    assert clean(line) == line


@given(st.lists(st.sampled_from(["::", ":", "#", "##[", "##vso[", " ", "error", "]"])).map("".join))
def test_no_line_is_a_command_to_a_ci_runner(text: str):
    line = harmless(text)

    assert not line.lstrip().startswith("::")
    assert "##[" not in line
    assert "##vso[" not in line


def test_a_harmless_line_stays_as_it_is():
    assert harmless("web1 | a::b #1 ## c") == "web1 | a::b #1 ## c"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (12.34, "12.3 s"), (65.0, "1 min 05 s"), (float("nan"), "-"), (-1.0, "-")],
)
def test_seconds_read_as_people_say_them(seconds: float, words: str):
    assert duration(seconds) == words


def test_a_long_list_is_counted():
    assert listed(tuple("abcdefghij")) == "a, b, c, d, e, f, g, h and 2 more"


def test_a_stream_of_another_encoding_writes_signs_as_numbers():
    content = io.BytesIO()
    file = io.TextIOWrapper(content, encoding="ascii")

    Stream(file).line("✓ done")
    file.flush()

    assert content.getvalue() == b"\\u2713 done\n"


def test_a_closed_file_is_no_error():
    file = io.StringIO()
    file.close()

    Stream(file).line("x")
    Stream(None).line("x")
