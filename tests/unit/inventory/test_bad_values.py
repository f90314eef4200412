import re
from pathlib import Path

import pytest

from deployer.errors import InventoryError
from deployer.inventory.loader import load
from tests.unit.inventory.good import split_mark, with_line, written

TABLE = Path(__file__).parents[2] / "data" / "bad_values.txt"


def read_case(line):
    name, key, value, path, *words = line.split(" ¦ ")
    long = re.sub(r"<(.+)\*(\d+)>", lambda match: match[1] * int(match[2]), value)
    return name, key, long.replace("⏎", "\n"), path, words


BAD = [
    read_case(line)
    for line in TABLE.read_text(encoding="utf-8").split("\n")
    if line and not line.startswith("#")
]


def test_the_table_is_long_enough():
    assert len(BAD) >= 150
    assert len({case[0] for case in BAD}) == len(BAD)


@pytest.mark.parametrize("case", BAD, ids=[case[0] for case in BAD])
def test_a_bad_value_is_named_where_it_stands(case, tmp_path):
    _, key, value, path, words = case
    text, line, column = split_mark(with_line(key, value))
    folder = written(tmp_path, text)

    with pytest.raises(InventoryError) as caught:
        load(folder, "prod", {})

    assert len(caught.value.problems) == 1
    problem = caught.value.problems[0]
    assert problem.startswith(f"{folder / 'prod.yaml'}:{line}:{column}: {path}")
    assert all(word in problem for word in words)
    assert "hunter2" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("database", "{kind: postgres, ur ostgres://u:hunter2@h/x: 1}"),
        ("source", "{kind: git, ur--- ps://--- u:hunter2@h/x: 1}"),
        ("env", "{A: {PASSWORD hunter2: x}}"),
        ("python", "=  pass hunter2: x"),
    ],
)
def test_a_password_that_a_lost_sign_made_part_of_a_key_is_not_shown(key, value, tmp_path):
    folder = written(tmp_path, with_line(key, value))

    with pytest.raises(InventoryError) as caught:
        load(folder, "prod", {})

    assert "hunter2" not in str(caught.value)
