from hypothesis import given
from hypothesis import strategies as st

from deployer.agent.disk.prune_rules import (
    DAY,
    BackupRule,
    Found,
    Stored,
    backups_to_remove,
    parts_to_keep,
    releases_to_keep,
)

states = st.sampled_from(["building", "staged", "live", "good", "failed", "rolled-back"])
ids = st.integers(1, 40).map(lambda number: f"{number:06d}-1a2b3c4")
venvs = st.frozensets(st.sampled_from(["/v/a", "/v/b", "/v/c"]), max_size=2)
ages = st.floats(0, 3 * DAY)
found_ones = st.builds(Found, ids, states, venvs, ages)
releases = st.lists(found_ones, unique_by=lambda one: one.id, max_size=15)
now = 100 * DAY
backups = st.lists(
    st.builds(
        Stored,
        st.integers(0, 99).map(lambda number: f"shop_{number}"),
        st.floats(0, now),
        st.booleans(),
        ids | st.just(""),
        st.booleans(),
    ),
    unique_by=lambda one: one.name,
    max_size=15,
)


@given(releases, st.frozensets(ids, max_size=3), st.integers(0, 6))
def test_what_is_in_use_and_the_newest_good_ones_always_stay(found, in_use, keep):
    kept = releases_to_keep(found, in_use, keep)

    names = {one.id for one in kept}
    good = sorted((one.id for one in found if one.state in ("good", "live")), reverse=True)
    assert in_use & {one.id for one in found} <= names
    assert set(good[: max(keep, 1)]) <= names


@given(releases, st.frozensets(ids, max_size=3), st.integers(0, 6))
def test_at_most_one_broken_release_stays_that_nothing_uses(found, in_use, keep):
    kept = releases_to_keep(found, in_use, keep)

    broken = [one for one in kept if one.state not in ("good", "live") and one.id not in in_use]
    assert len([one for one in broken if one.age >= DAY]) <= 1


@given(releases, st.frozensets(ids, max_size=3), st.integers(0, 6))
def test_pruning_twice_removes_nothing_more(found, in_use, keep):
    once = releases_to_keep(found, in_use, keep)

    assert releases_to_keep(once, in_use, keep) == once


lives = ids | st.just("")


@given(releases, st.frozensets(ids, max_size=3), st.integers(0, 6), lives)
def test_nothing_that_is_protected_is_removed(found, in_use, keep, live):
    kept = {one.id for one in releases_to_keep(found, in_use, keep, live)}

    gone = {one.id for one in found} - kept
    good = sorted((one.id for one in found if one.state in ("good", "live")), reverse=True)
    target = next((one for one in good if one != live), "")
    building = {
        one.id
        for one in found
        if one.state in ("building", "staged") and one.id > live and one.age < DAY
    }
    assert not gone & {*in_use, *good[: max(keep, 1)], target, *building}


@given(releases, st.frozensets(ids, max_size=3), st.integers(0, 6), lives)
def test_who_keeps_more_removes_no_more(found, in_use, keep, live):
    fewer = set(releases_to_keep(found, in_use, keep, live))
    more = set(releases_to_keep(found, in_use, keep + 1, live))

    assert fewer <= more


@given(releases, st.frozensets(ids, max_size=3), st.integers(0, 6), lives, st.randoms())
def test_the_order_in_which_they_are_found_does_not_matter(found, in_use, keep, live, random):
    shuffled = random.sample(found, len(found))

    assert releases_to_keep(shuffled, in_use, keep, live) == releases_to_keep(
        found, in_use, keep, live
    )


@given(releases)
def test_every_part_of_a_kept_release_stays(found):
    parts = parts_to_keep(found)

    assert all(one.parts <= parts for one in found)


@given(backups, st.frozensets(ids, max_size=5), st.floats(0, 60), st.integers(0, 5))
def test_enough_verified_backups_stay_and_young_ones_too(stored, kept, days, at_least):
    gone = set(backups_to_remove(stored, kept, BackupRule(days, at_least), now))

    left = [one for one in stored if one.name not in gone]
    verified = [one for one in stored if one.verified]
    dumps = [one for one in verified if one.has_database]
    least = max(at_least, 1)
    assert sum(one.verified for one in left) >= min(least, len(verified))
    assert sum(one.verified and one.has_database for one in left) >= min(least, len(dumps))
    assert not any(now - one.created <= days * DAY for one in stored if one.name in gone)


@given(backups, st.frozensets(ids, max_size=5), st.floats(0, 60), st.integers(0, 5))
def test_a_kept_release_never_loses_its_last_verified_backup(stored, kept, days, at_least):
    gone = set(backups_to_remove(stored, kept, BackupRule(days, at_least), now))

    before = {one.release for one in stored if one.verified} & kept
    after = {one.release for one in stored if one.verified and one.name not in gone} & kept
    assert before == after


@given(backups, st.frozensets(ids, max_size=5), st.floats(0, 60), st.integers(0, 5), st.randoms())
def test_of_backups_neither_the_order_nor_a_higher_number_removes_more(
    stored, kept, days, at_least, random
):
    gone = set(backups_to_remove(stored, kept, BackupRule(days, at_least), now))

    shuffled = random.sample(stored, len(stored))
    assert set(backups_to_remove(shuffled, kept, BackupRule(days, at_least), now)) == gone
    assert set(backups_to_remove(stored, kept, BackupRule(days, at_least + 1), now)) <= gone
