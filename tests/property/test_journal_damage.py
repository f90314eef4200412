"""A journal that a disk has damaged in any way gives a plan; a recovery after it leaves none."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.agent.runs.compacting import shortened
from deployer.agent.runs.journal import SCHEMA, encode, load, read
from deployer.agent.runs.recovering import recover
from deployer.agent.runs.recovery import broken, last_fallback, plan
from deployer.agent.runs.verdict import verdict
from tests.property.test_journal import histories


def flipped(content, place, bit):
    return content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]


@st.composite
def damaged(draw):
    """Give the bytes of a journal after up to three damages: flips, holes, zeros, repetitions."""
    content = b"".join(encode({**one, "schema": SCHEMA}) for one in draw(histories()))
    for kind in draw(
        st.lists(st.sampled_from(["flip", "hole", "zeros", "again", "cut"]), max_size=3)
    ):
        if not content:
            break
        start = draw(st.integers(0, len(content) - 1))
        end = draw(st.integers(start + 1, len(content)))
        content = {
            "flip": lambda c, s, _e: flipped(c, s, 3),
            "hole": lambda c, s, e: c[:s] + c[e:],
            "zeros": lambda c, s, e: c[:s] + b"\0" * (e - s) + c[e:],
            "again": lambda c, s, e: c[:e] + c[s:],
            "cut": lambda c, s, _e: c[:s],
        }[kind](content, start, end)
    return content


@given(damaged())
@settings(max_examples=25, deadline=None)
def test_after_a_recovery_there_is_nothing_to_recover(content):
    root = Path(tempfile.mkdtemp(prefix="journal"))
    try:
        state = root / "var/lib/deployer/shop"
        state.mkdir(parents=True)
        (root / "var/log").mkdir()
        (state / "journal").write_bytes(content)

        recover("shop", root, pause=0)
        once = load(state / "journal")
        assert plan(once) is None
        assert recover("shop", root, pause=0) == 0

        assert load(state / "journal") == once
    finally:
        shutil.rmtree(root)


@given(damaged())
def test_what_is_read_was_written(content):
    records = read(content)

    again = read(b"".join(map(encode, records)))
    assert again == records
    assert len({(one["run"], one["seq"]) for one in records}) == len(records)


@given(histories(), st.randoms())
def test_lines_that_changed_their_places_mean_the_same(records, random):
    mixed = random.sample(records, len(records))

    assert plan(mixed) == plan(records)


@given(histories(), st.data())
def test_a_line_of_the_open_run_that_is_missing_is_noticed(records, data):
    whole = plan(records)
    if whole is None:
        return
    mine = [one for one in records if one["run"] == whole.run]
    lost = data.draw(st.sampled_from(mine))

    found = plan([one for one in records if one is not lost])

    if found is None or found.run != whole.run:
        assert len(mine) == 1
    else:
        assert found.lost == (0 if lost is mine[-1] else 1)


@given(histories(), st.integers(0, 3000), st.integers(1, 3))
def test_a_shortened_journal_has_the_same_plan_and_the_same_last_word(records, size, at_least):
    content = b"".join(map(encode, records))

    left = read(shortened(content, size, at_least))

    assert plan(left) == plan(records)
    assert broken(left) == broken(records)
    last = str(records[-1]["run"])
    assert verdict(left, last) == verdict(records, last)
    assert last_fallback(left) in (last_fallback(records), None)
    kept = {one["run"] for one in left}
    assert [one for one in records if one["run"] in kept] == list(left)
