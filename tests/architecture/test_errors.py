import re

import pytest

from deployer import errors
from deployer.errors import DeployerError

DRAWN = re.compile(r"^(?P<lines>[│├└─ ]*)(?P<name>[A-Z]\w+)(?: +(?P<code>\d+))?", re.MULTILINE)
CODES = {1, 2, 3, 4, 5, 6, 7, 8, 9, 130}


def classes() -> list[type[DeployerError]]:
    found = [DeployerError]
    for one in found:
        found += one.__subclasses__()
    return [one for one in found if one.__module__ == errors.__name__]


def drawn() -> dict[str, tuple[str, int | None]]:
    """Name -> (the name above, the code), as the docstring draws them."""
    above: list[str] = []
    found: dict[str, tuple[str, int | None]] = {}
    tree = (errors.__doc__ or "").partition("\n\n")[2]
    for one in DRAWN.finditer(tree):
        depth = len(one["lines"]) // 4
        above = [*above[:depth], one["name"]]
        code = int(one["code"]) if one["code"] else None
        found[one["name"]] = (above[depth - 1] if depth else "", code)
    return found


@pytest.mark.parametrize("one", classes(), ids=lambda one: one.__name__)
def test_every_error_is_drawn_under_its_base_with_its_exit_code(one):
    parent, code = drawn()[one.__name__]

    if one is not DeployerError:
        assert parent == one.__mro__[1].__name__
        assert code == one.exit_code


def test_nothing_is_drawn_that_is_not_there():
    assert set(drawn()) == {one.__name__ for one in classes()}


@pytest.mark.parametrize("one", classes(), ids=lambda one: one.__name__)
def test_every_error_has_an_exit_code_of_the_design(one):
    assert one.exit_code in CODES


@pytest.mark.parametrize("one", classes(), ids=lambda one: one.__name__)
def test_every_error_says_what_it_is_for(one):
    assert (one.__doc__ or "").strip()
