"""The end of a run that went well: its release is marked good, and the journal says committed."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Mapping

from deployer.agent.context import ActionFailed, Context
from deployer.agent.runs import freezes
from deployer.agent.runs.deploy_log import PATH as LOG
from deployer.agent.runs.deploy_log import DeployLog
from deployer.agent.runs.opening import OpenRun
from deployer.agent.runs.performing import perform
from deployer.agent.runs.refusal import Refused
from deployer.agent.runs.release_record import read_record


def commit(ctx: Context, opened: OpenRun, told: Mapping[str, object]) -> None:
    """Commit an open run; on disk when this returns. Raises Refused, and then it is still open.

    What was told of its fleet goes into the record: on the leader it is the fleet's decision.
    """
    try:
        if opened.release:
            note = [["actor", opened.actor]] if opened.command == "deploy" else []
            mark = {"action": "Mark", "release": opened.release, "state": "good", "note": note}
            perform(ctx, mark)
        opened.write("end", outcome="committed", **told)
    except ActionFailed as failed:
        raise Refused("failed", failed.cause, failed.hint) from failed
    except OSError as error:
        text = f"the journal could not be written: {error.strerror}"
        raise Refused("failed", text) from error


def tidy(ctx: Context, opened: OpenRun) -> None:
    """Forget what would be needed to go back, and tell people."""
    with contextlib.suppress(OSError):  # it is committed, whatever becomes of a note
        _settle_freezes(ctx, opened)
    shutil.rmtree(ctx.saved_folder, ignore_errors=True)
    what = " ".join(filter(None, (opened.command, opened.release)))
    took = time.time() - opened.began
    log = DeployLog(ctx.path(LOG))
    log.ended(opened.app, what, "committed", opened.actor, took)


def _settle_freezes(ctx: Context, opened: OpenRun) -> None:
    folder, releases = ctx.state_folder, ctx.path(f"/srv/{ctx.app}/releases")
    old = str(opened.records[0].get("previous", ""))
    now, before = (
        str(read_record(releases / one).get("revision", "")) for one in (opened.release, old)
    )
    if opened.command == "deploy":
        freezes.thaw(folder)
    elif opened.command == "rollback":
        freezes.went_back(folder, now, before, run=opened.run, release=old)
    elif now:
        freezes.thaw(folder, now)  # such as `recover`: what serves is not frozen
