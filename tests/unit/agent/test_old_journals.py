"""Journals as earlier versions wrote them are read for ever; never change these files."""

from pathlib import Path

from deployer.agent.runs.journal import load
from deployer.agent.runs.recovery import plan
from deployer.agent.runs.verdict import verdict

JOURNALS = Path(__file__).parents[2] / "data/journals"


def test_a_journal_of_the_first_form_has_its_plan():
    found = plan(load(JOURNALS / "schema-1"))

    assert found is not None
    assert (found.run, found.fence, found.seq) == ("20261125-193000-dddd", 4, 6)
    assert (found.command, found.release, found.actor) == ("deploy", "000003-bbbbbbb", "ann@laptop")
    assert [one.step for one in found.undo] == ["activate", "restart", "pull"]
    assert [one["action"] for one in found.undo[0].undo] == ["PutBack", "SwapEnabled"]
    assert [one["action"] for one in found.settle] == ["StartUnit", "Link"]
    assert found.is_exposed
    assert (found.attempts, found.lost) == (0, 0)


def test_it_tells_how_its_runs_ended():
    records = load(JOURNALS / "schema-1")

    runs = dict.fromkeys(str(record["run"]) for record in records)
    assert [verdict(records, run)["outcome"] for run in runs] == [
        "committed",
        "rolled_back",
        "committed",
        "open",
    ]
