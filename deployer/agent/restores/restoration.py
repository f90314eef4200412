"""What a restore is about: one verified backup, its parts, and the names that it uses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.agent.backups import backup_proof
from deployer.agent.backups.backup_folders import backups_of, read_backup
from deployer.agent.backups.shared_files import PART as SHARED
from deployer.agent.context import ActionFailed, Context
from deployer.agent.text import fields

_RUN = r"\d{8}_\d{6}_[0-9a-f]{4}"
_LONGEST = 63
"""PostgreSQL's limit for a name, in bytes; MySQL allows 64."""


@dataclass(frozen=True)
class Names:
    """How the copies of one run are called: the one beside, the old one, the one taken back."""

    beside: str
    kept: str
    tried: str


def names(live: str, run: str) -> Names:
    """Give the names for what is called `live`; they tell by themselves what they are."""
    return Names(*(_name(live, word, run) for word in ("restore", "before", "tried")))


def scratch_name(live: str, run: str) -> str:
    """Give the name of the scratch copy of a restore test."""
    return _name(live, "scratch", run)


def is_scratch(name: str, live: str) -> bool:
    """Tell whether a name is one that `scratch_name` makes, for whatever run."""
    sample = _name(live, "scratch", "20260101-000000-0000")
    begin = re.escape(sample[: sample.rindex("_scratch_")])
    return re.fullmatch(rf"{begin}_scratch_{_RUN}", name) is not None


@dataclass(frozen=True)
class Wish:
    """A `Restoration`, read; `database` is what the backup's record says of the dump."""

    backup: Path
    record: Mapping[str, object]
    dump: Mapping[str, object] | None
    database: Mapping[str, object]
    shared: str
    database_file: str

    @property
    def part(self) -> Path:
        """The file of the dump."""
        return self.backup / fields.text(self.database, "part")


def read(ctx: Context, action: Mapping[str, object], *, all_of_it: bool = True) -> Wish:
    """Find the backup and what is wanted of it; raises ActionFailed when it cannot serve.

    Without `all_of_it`, what the backup does not hold is left out.
    """
    what = fields.one(action, "what")
    backup = _backup(ctx, what)
    record = read_backup(backup)
    dumps = fields.objects(what, "dumps")
    shared = fields.text(what, "shared")
    if not all_of_it:
        dumps = dumps if fields.objects(record, "databases") else ()
        shared = shared if (backup / SHARED).is_file() else ""
    return Wish(
        backup=backup,
        record=record,
        dump=dumps[0] if dumps else None,
        database=_database(backup, record, fields.text(dumps[0], "kind")) if dumps else {},
        shared=shared,
        database_file=fields.text(what, "database_file"),
    )


def check_whole(ctx: Context, wish: Wish) -> None:
    """Read every part of the backup again, to its end; raises ActionFailed for a damaged one."""
    wrong = backup_proof.problems(ctx, wish.backup)
    if wrong:
        hint = "`inv backups --verify` says which others are whole."
        raise ActionFailed(f"the backup `{wish.backup.name}` is damaged: {wrong[0]}", hint, wrong)


def _backup(ctx: Context, what: Mapping[str, object]) -> Path:
    app, name = fields.text(what, "app"), fields.text(what, "backup")
    if app != ctx.app:
        raise ActionFailed(f"this is a run of `{ctx.app}`, not of `{app}`")
    found = backups_of(ctx.path(fields.text(what, "folder")), app)
    chosen = [one for one in found if name in ("", one.name)]
    hint = "`inv backups` lists those that are here."
    if not chosen:
        which = f"no backup `{name[:80]}`" if name else "no backup"
        raise ActionFailed(f"there is {which} of `{app}` on this host", hint)
    record = read_backup(chosen[-1])
    if not record:
        raise ActionFailed(f"the backup `{chosen[-1].name}` has no record that can be read", hint)
    if record.get("app") != app:
        raise ActionFailed(f"`{chosen[-1].name}` is a backup of `{record.get('app')}`", hint)
    return chosen[-1]


def _database(backup: Path, record: Mapping[str, object], kind: str) -> Mapping[str, object]:
    for one in fields.objects(record, "databases"):
        if f"Dump{fields.text(one, 'kind').capitalize()}" == kind:
            return one
    made = ", ".join(fields.text(one, "kind") for one in fields.objects(record, "databases"))
    hint = "Choose another backup: `inv backups` lists them."
    has = f"a database of another kind ({made})" if made else "no database"
    raise ActionFailed(f"the backup `{backup.name}` holds {has}", hint)


def _name(live: str, word: str, run: str) -> str:
    end = f"_{word}_{run.replace('-', '_')}"
    room = _LONGEST - len("_restore_20260101_000000_0000")
    begin = live.encode()[:room].decode("utf-8", "ignore")
    return f"{begin}{end}"
