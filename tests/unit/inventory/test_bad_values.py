import pytest

from deployer.errors import InventoryError
from deployer.inventory.loader import load
from tests.unit.inventory.bad_values import BAD
from tests.unit.inventory.good import split_mark, with_line, written


def test_the_table_is_long_enough():
    assert len(BAD) >= 150
    assert len({case[0] for case in BAD}) == len(BAD)


@pytest.mark.parametrize("case", BAD, ids=[case[0] for case in BAD])
def test_a_bad_value_is_named_where_it_stands(case, tmp_path):
    _, key, value, path, *words = case
    text, line, column = split_mark(with_line(key, value))
    folder = written(tmp_path, text)

    with pytest.raises(InventoryError) as caught:
        load(folder, "prod", {})

    assert len(caught.value.problems) == 1
    problem = caught.value.problems[0]
    start = f"{folder / 'prod.yaml'}:{line}:{column}: {path}"
    assert problem.startswith(start)
    assert all(word in problem for word in words)
    assert "hunter2" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in problem
