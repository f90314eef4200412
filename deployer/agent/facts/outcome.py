"""What became of one run, read from the journal: the answer when a link was lost."""

from __future__ import annotations

from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.runs import lock
from deployer.agent.runs.journal import load
from deployer.agent.runs.recovering import JOURNAL
from deployer.agent.runs.verdict import verdict
from deployer.agent.text import fields, grammar


def outcome(ctx: Context, question: Fields) -> object:
    """Give the verdict on a run; `at_work` tells that its worker is alive and may yet end it."""
    try:
        run = grammar.run_id(fields.text(question, "run"))
    except grammar.WrongWord as error:
        raise ActionFailed(str(error)) from error
    # The lock first: a run that ends in between is then read as ended, never as left alone.
    folder = ctx.state_folder
    at_work = folder.is_dir() and lock.owner(folder).get("run") == run
    return {**verdict(load(folder / JOURNAL), run), "at_work": at_work}
