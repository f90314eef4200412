"""The threat model names its tests: all of them exist, and no threat is without one."""

import re

import pytest

from tests.unit.docs.pages import PROJECT

PAGE = (PROJECT / "docs/security.md").read_text()
THREATS = {
    title.split()[0]: text
    for title, text in re.findall(r"^### (T\d+ .*)\n((?:(?!^##).*\n)+)", PAGE, re.MULTILINE)
}
TESTS = {
    name
    for file in (PROJECT / "tests").rglob("*.py")
    for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)
}


def test_the_sixteen_threats_of_the_book_are_there_and_more():
    assert list(THREATS) == [f"T{number}" for number in range(1, len(THREATS) + 1)]
    assert len(THREATS) >= 16


@pytest.mark.parametrize("threat", THREATS)
def test_a_threat_names_its_defence_and_tests_that_exist(threat):
    text = THREATS[threat]
    named = re.findall(r"`(test_\w+)`", text)

    assert len(text.split("Shown by")) == 2
    assert named
    assert [name for name in named if name not in TESTS] == []


def test_what_is_not_defended_is_said():
    assert "## What is not defended" in PAGE
    assert "## What the deploy key can do" in PAGE
