"""Carry out one action, and turn whatever goes wrong in it into an ActionFailed."""

from __future__ import annotations

import errno
import traceback

from deployer.agent import actions
from deployer.agent.context import ActionFailed, Context, Fields

_FULL = (errno.ENOSPC, errno.EDQUOT)


def perform(ctx: Context, action: Fields) -> bool:
    """Do it; tells whether it changed anything. Raises ActionFailed, and nothing else."""
    name = str(action.get("action", ""))
    if not is_known(action):
        raise ActionFailed(f"the agent does not know the action `{name[:40]}`", _OLD_AGENT)
    ctx.redact.refresh()
    try:
        return actions.find(name)(ctx, action)
    except ActionFailed as failed:
        raise _redacted(ctx, failed) from failed
    except OSError as error:
        raise _from_system(name, error) from error
    except Exception as error:  # a bug in one action must leave the run undoable
        raise _from_bug(name, error) from error


def _redacted(ctx: Context, failed: ActionFailed) -> ActionFailed:
    # The action may have brought the file with the secrets, so they are read again.
    ctx.redact.refresh()
    log = [ctx.redact(line) for line in failed.log]
    return ActionFailed(ctx.redact(failed.cause), ctx.redact(failed.hint), log)


def is_known(action: Fields) -> bool:
    """Tell whether the agent has such an action."""
    return action.get("action") in actions.PLACES


def is_full(failed: ActionFailed) -> bool:
    """Tell whether an action failed because the disk has no room or no inodes left."""
    cause = failed.__cause__
    return isinstance(cause, OSError) and cause.errno in _FULL


_OLD_AGENT = "Run `inv setup` to bring the agent on this host up to date."


def _from_system(name: str, error: OSError) -> ActionFailed:
    where = f" at `{error.filename}`" if error.filename else ""
    if error.errno in _FULL:
        return ActionFailed(
            f"the disk is full{where}", "Make room: `df -h`, `df -i`, old backups, old releases."
        )
    return ActionFailed(f"{name} failed{where}: {error.strerror or error}")


def _from_bug(name: str, error: Exception) -> ActionFailed:
    # Of an exception only its kind: its text may quote the value that it stumbled over.
    frames = traceback.extract_tb(error.__traceback__)[-10:]
    log = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return ActionFailed(
        f"bug in the agent: {type(error).__name__} in {name}",
        "Report this with the lines above.",
        log,
    )
