from io import StringIO
from pathlib import Path

import pytest

from deployer.api.failed import Failed, recall, remember
from deployer.api.place import Place
from deployer.core.release import Release
from deployer.core.report import HostReport, Outcome
from deployer.errors import UsageError

HOSTS = ("web1", "web2", "web3", "web4")
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

    assert recall(place, "prod", HOSTS) == Failed(("web2", "web3"))
    assert (tmp_path / ".deployer/.gitignore").read_text() == "*\n"


def test_what_the_others_have_is_kept_with_them(tmp_path: Path):
    place, release = place_in(tmp_path), Release(42, "1a2b3c4" + "0" * 33)

    remember(place, "prod", REPORTS, release)

    assert recall(place, "prod", HOSTS) == Failed(("web2", "web3"), release)


def test_a_release_that_nobody_has_is_not_kept(tmp_path: Path):
    place = place_in(tmp_path)

    remember(place, "prod", REPORTS[1:3], Release(42, "1a2b3c4" + "0" * 33))

    assert recall(place, "prod", HOSTS) == Failed(("web2", "web3"))


def test_a_run_that_went_well_forgets_the_one_before(tmp_path: Path):
    place = place_in(tmp_path)
    remember(place, "prod", REPORTS)

    remember(place, "prod", REPORTS[:1])

    with pytest.raises(UsageError, match="No host of `prod` failed"):
        recall(place, "prod", HOSTS)


def test_environments_do_not_mix(tmp_path: Path):
    place = place_in(tmp_path)
    remember(place, "prod", REPORTS)

    with pytest.raises(UsageError):
        recall(place, "staging", HOSTS)


@pytest.mark.parametrize(
    "content",
    [
        *("", "{}", "[", "[]", "\\x00", "null"),
        *('{"hosts": "web2"}', '{"hosts": ["web2"], "revision": "a"}'),
    ],
)
def test_a_damaged_file_names_nobody(tmp_path: Path, content: str):
    place = place_in(tmp_path)
    remember(place, "prod", REPORTS)
    (tmp_path / ".deployer/failed-prod.json").write_text(content)

    with pytest.raises(UsageError, match="cannot be read"):
        recall(place, "prod", HOSTS)


def test_one_that_has_left_the_inventory_is_no_reason_to_leave_out_the_others(tmp_path: Path):
    place = place_in(tmp_path)
    remember(place, "prod", REPORTS)

    assert recall(place, "prod", ("web1", "web3", "web4")) == Failed(("web3",))
    with pytest.raises(UsageError, match="not in `prod` any more"):
        recall(place, "prod", ("web1",))


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path):
    (tmp_path / ".deployer").write_text("a file")

    remember(place_in(tmp_path), "prod", REPORTS)
