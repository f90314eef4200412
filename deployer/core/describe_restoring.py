"""What an action of a restore does, in words for people."""

from typing import assert_never

from deployer.core.actions import restoring


def describe_restoring(action: restoring.Restoring) -> str:
    """Say in one line what the agent will do."""
    backup = action.what.backup or "the newest backup"
    what = " and ".join(_parts(action.what))
    match action:
        case restoring.CheckBackup():
            return f"read {backup} whole again; check tools, rights and room for {what}"
        case restoring.RestoreBeside():
            return f"restore {what} of {backup} beside the live one, and compare"
        case restoring.DropBeside():
            return f"remove {what} that was restored beside"
        case restoring.SwapRestored():
            return f"swap {what} by rename; the old one is kept"
        case restoring.SwapBack():
            return f"swap {what} back"
        case restoring.RehearseRestore():
            return f"restore {what} of {backup} into a scratch place, compare, remove it"
        case _:
            assert_never(action)


def _parts(what: restoring.Restoration) -> tuple[str, ...]:
    return (
        *(("the database",) if what.dumps else ()),
        *((f"the files of {what.shared}",) if what.shared else ()),
    )
