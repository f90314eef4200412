from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "deployer").rglob("*.py"))
LONGEST = 250
LISTS = {
    "deployer/core/action.py": "one closed union: a list of small values, read from top to bottom",
}
"""Files of one idea that are longer, and why."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_idea(path):
    name = str(path.relative_to(ROOT))
    lines = len(path.read_text().splitlines())

    assert lines <= LONGEST or name in LISTS
    assert name not in LISTS or lines > LONGEST
