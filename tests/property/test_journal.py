"""Whatever a crash leaves of a journal, there is a plan for it, and carrying it out closes it."""

from hypothesis import given
from hypothesis import strategies as st

from deployer.agent.runs.journal import encode, read
from deployer.agent.runs.recovery import EXPOSED, plan

PHASES = ("PREPARE", "BUILD", "PUBLISH", "VERIFY", "FINISH")
actions = st.fixed_dictionaries({"action": st.just("PutBack"), "path": st.text(max_size=5)})
steps = st.lists(
    st.tuples(
        st.sampled_from(PHASES),
        st.lists(actions, max_size=2),
        st.sampled_from(["start", "done", "failed"]),
    ),
    max_size=6,
)
ends = st.sampled_from(["", "committed", "aborted", "rolled_back", "rollback_failed"])


@st.composite
def runs(draw, number):
    """Give the records that one run writes, in their order."""
    records = [{"event": "begin", "settle": draw(st.lists(actions, max_size=2))}]
    for place, (phase, undo, state) in enumerate(draw(steps)):
        named = {"event": "step", "step": f"s{place}", "phase": phase}
        records.append({**named, "state": "start", "undo": undo})
        if state != "start":
            records.append({**named, "state": state})
    records += [{"event": "undo", "state": "start"}] * draw(st.integers(0, 2))
    end = draw(ends)
    if end:
        records.append({"event": "end", "outcome": end})
    numbered = enumerate(records, 1)
    return [{**one, "run": f"r{number}", "seq": seq, "fence": number} for seq, one in numbered]


@st.composite
def histories(draw):
    """Give runs of which only the last may be open."""
    records: list[dict[str, object]] = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        if records and records[-1]["event"] != "end":
            last = records[-1]
            records.append({**last, "seq": len(records) + 1, "event": "end", "outcome": "aborted"})
        records += draw(runs(number))
    return records


def recovered(records):
    """Give the records after a recovery that went well."""
    todo = plan(records)
    if todo is None:
        return records
    by = {"run": todo.run, "fence": todo.fence}
    return [
        *records,
        {**by, "event": "undo", "state": "start", "seq": todo.seq + 1},
        {**by, "event": "end", "outcome": "aborted", "seq": todo.seq + 2},
    ]


@given(histories())
def test_what_is_written_is_read_back_in_order(records):
    assert list(read(b"".join(map(encode, records)))) == records


@given(histories(), st.data())
def test_every_prefix_has_a_plan_and_a_second_recovery_nothing_to_do(records, data):
    prefix = records[: data.draw(st.integers(0, len(records)))]

    assert plan(recovered(prefix)) is None


@given(histories(), st.data())
def test_a_plan_undoes_exactly_the_started_steps_of_the_open_run_backwards(records, data):
    prefix = records[: data.draw(st.integers(1, len(records)))]
    mine = [one for one in prefix if one["run"] == prefix[-1]["run"]]
    started = [one for one in mine if one["event"] == "step" and one["state"] == "start"]

    todo = plan(prefix)

    if mine[-1]["event"] == "end":
        assert todo is None
    else:
        assert todo is not None
        assert [one.step for one in todo.undo] == [one["step"] for one in reversed(started)]
        assert [list(one.undo) for one in todo.undo] == [one["undo"] for one in reversed(started)]
        assert todo.is_exposed == any(one["phase"] in EXPOSED for one in started)
        assert list(todo.settle) == mine[0]["settle"]


@given(histories(), st.data())
def test_a_journal_cut_anywhere_reads_as_a_prefix(records, data):
    content = b"".join(map(encode, records))
    cut = data.draw(st.integers(0, len(content)))

    found = list(read(content[:cut]))

    assert found == records[: len(found)]
    assert plan(recovered(found)) is None


@given(histories(), st.data())
def test_a_flipped_bit_loses_one_line_and_nothing_else(records, data):
    content = bytearray(b"".join(map(encode, records)))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))

    found = list(read(bytes(content)))

    # A flip within a line damages that one; a flipped newline damages both sides of it.
    assert len(records) - len(found) <= 2
    assert all(one in records for one in found)
    assert plan(recovered(found)) is None


@given(histories(), st.data())
def test_repeated_lines_change_nothing(records, data):
    lines = [encode(one) for one in records]
    again = data.draw(st.lists(st.sampled_from(lines), max_size=5))

    assert list(read(b"".join([*lines, *again]))) == records


@given(st.binary(max_size=300))
def test_rubbish_is_an_empty_journal(content):
    assert read(content) == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
keys = st.sampled_from(
    ["run", "seq", "event", "state", "undo", "settle", "step", "release", "time", "fence", "phase"]
)
strange = st.dictionaries(keys, st.sampled_from(["begin", "step", "undo", "start"]) | json_values)


@given(st.lists(strange, max_size=6))
def test_records_of_any_shape_never_raise(records):
    plan(read(b"".join(map(encode, records))))
