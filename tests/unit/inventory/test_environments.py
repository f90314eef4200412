import pytest

from deployer.errors import UsageError
from deployer.inventory.environments import choose_environment, environments


@pytest.fixture
def folder(tmp_path):
    for name in ("base", "example", "prod", "staging"):
        (tmp_path / f"{name}.yaml").write_text("a: b\n")
    (tmp_path / "schema.json").write_text("{}")
    return tmp_path


def test_environments_are_the_files_without_base(folder):
    assert environments(folder) == ("example", "prod", "staging")


def test_the_option_wins_over_the_variable(folder):
    assert choose_environment("prod", {"DEPLOYER_ENV": "staging"}, folder) == "prod"


def test_the_variable_chooses_when_the_option_is_left_out(folder):
    assert choose_environment(None, {"DEPLOYER_ENV": "staging"}, folder) == "staging"


def test_the_only_inventory_is_chosen(folder):
    (folder / "staging.yaml").unlink()

    assert choose_environment(None, {}, folder) == "prod"


def test_several_inventories_are_named(folder):
    with pytest.raises(UsageError, match="prod, staging") as caught:
        choose_environment(None, {}, folder)

    assert "--env prod" in caught.value.hint
    assert caught.value.exit_code == 2


def test_no_inventory_says_how_to_make_one(tmp_path):
    with pytest.raises(UsageError, match="no inventory") as caught:
        choose_environment(None, {}, tmp_path)

    assert "inv init" in caught.value.hint


def test_a_misspelt_environment_brings_the_nearest(folder):
    with pytest.raises(UsageError, match=r"no environment `prd`.*did you mean `prod`") as caught:
        choose_environment("prd", {}, folder)

    assert "example, prod, staging" in caught.value.hint


@pytest.mark.parametrize(
    "name", ["", " ", "../prod", "prod\n", "prod.yaml", "PROD", "a/b", "-x", "base", "schema"]
)
@pytest.mark.parametrize("by_variable", [True, False])
def test_what_is_no_environment_is_refused(name, by_variable, folder):
    given, environ = (None, {"DEPLOYER_ENV": name}) if by_variable else (name, {})

    with pytest.raises(UsageError) as caught:
        choose_environment(given, environ, folder)

    assert caught.value.exit_code == 2
    assert "prod" in caught.value.hint
    assert "\n" not in caught.value.message
