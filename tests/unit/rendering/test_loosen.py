from typing import get_args

import pytest

from deployer.adapters.runtimes.systemd import Protection
from deployer.core.release import Layout
from deployer.rendering.files import render_app
from deployer.rendering.values import AppValues, GunicornValues, UnitValues

NAMES = get_args(Protection)


def unit(*loosen: str) -> list[str]:
    values = AppValues(
        app="shop",
        layout=Layout("shop"),
        gunicorn=GunicornValues(module="shop.wsgi:application"),
        unit=UnitValues(loosen=loosen),
    )
    (found,) = (file for file in render_app(values) if file.path.endswith("shop@.service"))
    return found.content.decode().splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_a_loosened_unit_lacks_just_what_was_named(name):
    whole, loose = unit(), unit(name)
    gone = [line for line in whole if line not in loose]
    settings = {line.partition("=")[0] for line in gone if not line.startswith("#")}
    companions = {"SystemCallArchitectures", "SystemCallErrorNumber"}

    assert f"{name}=" in "".join(gone)
    assert settings - {name} <= (companions if name == "SystemCallFilter" else set())
    assert [line for line in loose if line not in whole] == []


def test_everything_can_be_loosened_at_once():
    assert not [line for line in unit(*NAMES) if line.startswith(NAMES)]
