"""What an action of a restore does, in words for people."""

from typing import assert_never

from deployer.core import action as actions

_OfABackup = (
    actions.CheckBackup
    | actions.RestoreBeside
    | actions.DropBeside
    | actions.SwapRestored
    | actions.SwapBack
    | actions.RehearseRestore
)


def describe_restoring(action: actions.Restoring) -> str:
    """Say in one line what the agent will do."""
    match action:
        case actions.Pause(units):
            return f"stop {' and '.join(units)}: the app is down from here on"
        case actions.Resume(unit):
            return f"start {unit}: the app is up again"
        case _:
            return _describe(action)


def _describe(action: _OfABackup) -> str:
    backup = action.what.backup or "the newest backup"
    what = " and ".join(_parts(action.what))
    match action:
        case actions.CheckBackup():
            return f"read {backup} whole again; check tools, rights and room for {what}"
        case actions.RestoreBeside():
            return f"restore {what} of {backup} beside the live one, and compare"
        case actions.DropBeside():
            return f"remove {what} that was restored beside"
        case actions.SwapRestored():
            return f"swap {what} by rename; the old one is kept"
        case actions.SwapBack():
            return f"swap {what} back"
        case actions.RehearseRestore():
            return f"restore {what} of {backup} into a scratch place, compare, remove it"
        case _:
            assert_never(action)


def _parts(what: actions.Restoration) -> tuple[str, ...]:
    return (
        *(("the database",) if what.dumps else ()),
        *((f"the files of {what.shared}",) if what.shared else ()),
    )
