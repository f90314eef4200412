"""Restore a backup: beside first, compared, then swapped by rename, and swapped back if need be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from deployer.agent.backups import dumps
from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.restores import restoration
from deployer.agent.restores.restoration import Wish
from deployer.agent.restores.restore_shared import RestoreShared
from deployer.agent.restores.restored import Kept, Restorer, compare
from deployer.agent.text import fields

_KINDS = {
    "DumpSqlite": ("restore_sqlite", "RestoreSqlite"),
    "DumpPostgres": ("restore_postgres", "RestorePostgres"),
    "DumpMysql": ("restore_mysql", "RestoreMysql"),
}


def check_backup(ctx: Context, action: Fields) -> bool:
    """Read the backup whole again, then find out whether it can be restored here."""
    wish = restoration.read(ctx, action)
    ctx.action(f"read {wish.backup.name} whole")
    restoration.check_whole(ctx, wish)
    _tell_another(ctx, wish)
    notes = [one.check() for one in (database_of(ctx, wish), shared_of(ctx, wish)) if one]
    ctx.note = "; ".join([f"{wish.backup.name} is whole", *notes])
    return False


def restore_beside(ctx: Context, action: Fields) -> bool:
    """Restore beside what is live, and compare with the record."""
    wish = restoration.read(ctx, action)
    database, shared = database_of(ctx, wish), shared_of(ctx, wish)
    notes: list[str] = []
    if database:
        ctx.action("restore the database beside the live one")
        notes.append(compare(database.beside(), wish.database))
    if shared:
        ctx.action("unpack the shared files beside the live ones")
        notes.append(shared.beside())
    ctx.note = "; ".join(notes)
    return True


def drop_beside(ctx: Context, action: Fields) -> bool:
    """Remove what was restored beside and is not live."""
    wish = restoration.read(ctx, action)
    parts = (shared_of(ctx, wish), database_of(ctx, wish))
    dropped = [one.drop_beside() for one in parts if one]
    return any(dropped)


def swap_restored(ctx: Context, action: Fields) -> bool:
    """Swap the database, then the folder that it may lie in; keep the old ones."""
    wish = restoration.read(ctx, action)
    parts = {"database": database_of(ctx, wish), "shared": shared_of(ctx, wish)}
    kept = {what: one.swap() for what, one in parts.items() if one}
    ctx.results["restored"] = {
        "backup": wish.backup.name,
        "kept": {what: _told(one) for what, one in kept.items()},
    }
    names = ", ".join(one.name for one in kept.values() if one.name)
    ctx.note = f"the old one is kept as {names}" if names else "there was no old one"
    return True


def swap_back(ctx: Context, action: Fields) -> bool:
    """Put the old ones back, in the opposite order."""
    wish = restoration.read(ctx, action)
    done = [one.swap_back() for one in (shared_of(ctx, wish), database_of(ctx, wish)) if one]
    tried = [one for one in done if one.name]
    for one in tried:
        ctx.line(f"what was restored is kept as {one.name}; remove it: {one.removal}")
    return bool(tried)


def database_of(ctx: Context, wish: Wish) -> Restorer | None:
    """Give what restores the database of a wish."""
    if wish.dump is None:
        return None
    kind = fields.text(wish.dump, "kind")
    if kind not in _KINDS:
        raise ActionFailed(f"the agent cannot restore a `{kind}`", "Run `inv setup` first.")
    module, name = _KINDS[kind]
    found = getattr(import_module(f"deployer.agent.restores.{module}"), name)
    make = cast("Callable[[Context, Wish], Restorer]", found)
    return make(ctx, wish)


def shared_of(ctx: Context, wish: Wish) -> RestoreShared | None:
    """Give what restores the shared files of a wish."""
    return RestoreShared(ctx, wish) if wish.shared else None


def _tell_another(ctx: Context, wish: Wish) -> None:
    """Say when the dump is of another database than the live one, as after a move."""
    was = fields.text(wish.database, "place")
    now = dumps.place(ctx, wish.dump) if wish.dump else ""
    if was and was != now:
        ctx.notice(f"the dump is of `{was}`, and takes the place of `{now}`", "warning")


def _told(kept: Kept) -> Mapping[str, str]:
    return {"name": kept.name, "removal": kept.removal}
