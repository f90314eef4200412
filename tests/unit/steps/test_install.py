from dataclasses import dataclass, replace

from deployer.core.actions.files import MakeFolder
from deployer.core.actions.releases import EnsureVenv, Unpack
from deployer.core.command import command
from deployer.steps.install import Install
from tests.shop_values import FOLDER, facts, target

PYTHON = "/usr/bin/python3.11"
FOUND = {"python:python3": {"version": "3.11.2", "path": PYTHON, "venv": True}}
HOUSE = "/srv/shop/wheelhouse/k1"


@dataclass(frozen=True)
class Wheels:
    key: str = "k1"

    def archive(self) -> bytes:
        return b"packed"


def venv(wheelhouse: str = "", interpreter: str = PYTHON) -> EnsureVenv:
    offline = ("--no-index", "--find-links", wheelhouse) if wheelhouse else ()
    pip = ("{venv}/bin/python", "-m", "pip", "--disable-pip-version-check", "--no-input")
    return EnsureVenv(
        release_folder=FOLDER,
        venvs="/srv/shop/venvs",
        interpreter=interpreter,
        locks=("requirements.txt",),
        build=(
            command(interpreter, "-m", "venv", "{venv}"),
            command(
                *pip,
                "install",
                "--quiet",
                "--no-cache-dir",
                *offline,
                "-r",
                "{release}/requirements.txt",
            ),
        ),
        user="shop",
    )


def test_the_environment_is_made_by_the_hosts_own_interpreter():
    assert Install().do(target(), facts(**FOUND)) == (venv(),)


def test_an_interpreter_of_which_no_path_is_known_is_taken_by_name():
    on = target()
    unknown = {"python:python3": {"version": "3.11.2"}}

    assert Install().do(on, facts(**unknown)) == (venv(interpreter="python3"),)


def test_wheels_are_sent_and_installed_from():
    on = replace(target(), wheels=Wheels())

    do = Install().do(on, facts(answers={**FOUND, f"complete:{HOUSE}": False}))

    assert do == (
        MakeFolder("/srv/shop/wheelhouse"),
        Unpack(HOUSE, b"packed", group="shop"),
        venv(HOUSE),
    )


def test_wheels_that_are_there_are_not_sent_again():
    on = replace(target(), wheels=Wheels())

    assert Install().do(on, facts(answers={**FOUND, f"complete:{HOUSE}": True})) == (venv(HOUSE),)


def test_an_environment_is_shared_and_so_never_undone():
    assert Install().undo(target(), facts(**FOUND)) == ()


def test_it_asks_for_the_wheels_by_their_key():
    on = replace(target(), wheels=Wheels())

    assert [fact.key for fact in Install().facts(on)] == ["python:python3", f"complete:{HOUSE}"]
