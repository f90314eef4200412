import pytest

from tests.shop_values import inventory

PIP = "'{venv}/bin/python' -m pip --disable-pip-version-check --no-input install --quiet"
UV = "uv --quiet --no-cache pip install --compile-bytecode --python '{venv}/bin/python'"


def lines(installer: object, wheelhouse: str = "") -> list[str]:
    made = inventory({"installer": installer}).app.installer
    return [str(one) for one in made.build("/usr/bin/python3.11", wheelhouse)]


def test_pip_fills_an_environment_of_the_standard_library():
    assert lines("pip") == [
        "/usr/bin/python3.11 -m venv '{venv}'",
        f"{PIP} --no-cache-dir -r '{{release}}/requirements.txt'",
    ]


def test_uv_makes_and_fills_an_environment():
    assert lines("uv") == [
        "uv --quiet --no-cache venv --no-project --python /usr/bin/python3.11 '{venv}'",
        f"{UV} -r '{{release}}/requirements.txt'",
    ]


@pytest.mark.parametrize("kind", ["pip", "uv"])
def test_hashes_are_required_when_asked_for(kind):
    install = lines({"kind": kind, "require_hashes": True})[-1]

    assert " --require-hashes -r " in install


@pytest.mark.parametrize("kind", ["pip", "uv"])
def test_with_a_wheelhouse_no_index_is_asked(kind):
    install = lines({"kind": kind, "wheelhouse": "wheels"}, "/srv/shop/wheelhouse/k1")[-1]

    assert " --no-index --find-links /srv/shop/wheelhouse/k1 -r " in install


@pytest.mark.parametrize("kind", ["pip", "uv"])
def test_the_requirements_decide_what_is_installed(kind):
    made = inventory({"installer": {"kind": kind, "requirements": "locks/prod.txt"}}).app.installer

    assert made.locks == ("locks/prod.txt",)
    assert "{release}/locks/prod.txt" in made.build("python3", "")[-1].words
