from dataclasses import replace

import pytest

from deployer.core.host_facts import Disk
from deployer.core.release import Layout
from deployer.core.room import MB, Weights, places, shortage

SHOP = Layout("shop")
PLENTY = Disk(free=1 << 40, total=1 << 41, inodes_free=1 << 20, inodes_total=1 << 21)
WEIGHTS = Weights(release_bytes=100 * MB, release_files=5_000, backup_bytes=50 * MB)


def rooms(*devices, **free):
    named = zip(places(SHOP), devices, ("srv", "opt", "var"), strict=True)
    return {
        place: replace(PLENTY, device=device, free=free.get(name, PLENTY.free))
        for place, device, name in named
    }


def test_with_plenty_nothing_lacks():
    assert shortage(rooms(1, 1, 1), WEIGHTS, SHOP) is None


@pytest.mark.parametrize(
    ("devices", "place", "free", "says"),
    [
        ((1, 2, 3), "srv", 263, "`/srv/shop` has 263 MB free, a deploy needs 264 MB"),
        ((1, 2, 3), "opt", 128, "`/opt/backups` has 128 MB free, a deploy needs 129 MB"),
        ((1, 2, 3), "var", 63, "`/var/lib/deployer/shop` has 63 MB free, a deploy needs 64 MB"),
        ((1, 1, 1), "srv", 328, "`/srv/shop` has 328 MB free, a deploy needs 329 MB"),
        ((1, 2, 1), "srv", 263, "`/srv/shop` has 263 MB free, a deploy needs 264 MB"),
    ],
)
def test_each_file_system_needs_what_is_written_to_it(devices, place, free, says):
    lack = shortage(rooms(*devices, **{place: free * MB}), WEIGHTS, SHOP)

    assert str(lack).startswith(says)
    assert shortage(rooms(*devices, **{place: (free + 1) * MB}), WEIGHTS, SHOP) is None


def test_the_reason_is_told():
    lack = shortage(rooms(1, 1, 1, srv=0), WEIGHTS, SHOP)

    assert str(lack).endswith(
        "twice the live release and 1.3 times the last backup and 64 MB to spare"
    )


def test_a_dump_that_is_first_copied_beside_the_app_counts_there_too():
    found = replace(WEIGHTS, copied_bytes=40 * MB)

    lack = shortage(rooms(1, 1, 1, srv=380 * MB), found, SHOP)

    assert str(lack).startswith("`/srv/shop` has 380 MB free, a deploy needs 381 MB: ")
    assert "1.3 times the last dump" in str(lack)
    assert shortage(rooms(1, 1, 1, srv=381 * MB), found, SHOP) is None


def test_inodes_are_twice_the_files_of_the_live_release_and_some():
    found = {place: replace(room, inodes_free=11_199) for place, room in rooms(1, 1, 1).items()}
    assert str(shortage(found, WEIGHTS, SHOP)) == (
        "`/srv/shop` has 11199 inodes free, a deploy needs 11200"
    )

    enough = {place: replace(room, inodes_free=11_200) for place, room in found.items()}
    assert shortage(enough, WEIGHTS, SHOP) is None


def test_a_first_release_has_a_minimum():
    lack = shortage(rooms(1, 2, 3, srv=255 * MB), Weights(), SHOP)

    assert str(lack) == "`/srv/shop` has 255 MB free, a deploy needs 256 MB: 64 MB to spare"


def test_a_file_system_without_inodes_has_enough():
    found = {
        place: replace(room, inodes_free=0, inodes_total=0)
        for place, room in rooms(1, 1, 1).items()
    }

    assert shortage(found, WEIGHTS, SHOP) is None
