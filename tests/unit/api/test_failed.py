from io import StringIO
from pathlib import Path

import pytest

from deployer.api.failed import limit_of, remember
from deployer.api.place import Place
from deployer.core.report import HostReport, Outcome
from deployer.errors import UsageError

REPORTS = (
    HostReport("web1", Outcome.COMMITTED),
    HostReport("web2", Outcome.UNREACHABLE),
    HostReport("web3", Outcome.ROLLED_BACK),
    HostReport("web4", Outcome.UNCHANGED),
)


def place_in(folder: Path) -> Place:
    return Place(folder, {}, StringIO(), StringIO(), None)


def test_those_that_did_not_end_well_are_named_by_one_word(tmp_path: Path):
    place = place_in(tmp_path)

    remember(place, "prod", REPORTS)

    assert limit_of(place, "prod", "@failed") == "web2,web3"
    assert (tmp_path / ".deployer/.gitignore").read_text() == "*\n"


def test_any_other_limit_is_left_alone(tmp_path: Path):
    assert limit_of(place_in(tmp_path), "prod", "web,!web3") == "web,!web3"


def test_a_run_that_went_well_forgets_the_one_before(tmp_path: Path):
    place = place_in(tmp_path)
    remember(place, "prod", REPORTS)

    remember(place, "prod", REPORTS[:1])

    with pytest.raises(UsageError, match="No host of `prod` failed"):
        limit_of(place, "prod", "@failed")


def test_environments_do_not_mix(tmp_path: Path):
    place = place_in(tmp_path)
    remember(place, "prod", REPORTS)

    with pytest.raises(UsageError):
        limit_of(place, "staging", "@failed")


@pytest.mark.parametrize("content", ["", "{}", "[", "[]", "\\x00"])
def test_a_damaged_file_names_nobody(tmp_path: Path, content: str):
    place = place_in(tmp_path)
    remember(place, "prod", REPORTS)
    (tmp_path / ".deployer/failed-prod.json").write_text(content)

    with pytest.raises(UsageError):
        limit_of(place, "prod", "@failed")


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path):
    (tmp_path / ".deployer").write_text("a file")

    remember(place_in(tmp_path), "prod", REPORTS)
