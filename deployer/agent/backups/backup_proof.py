"""Prove a backup: read every part of it again, and compare it with what its record says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from deployer.agent.backups import dumps, shared_files
from deployer.agent.backups.archive import Damaged, Written, check_digest, check_tar
from deployer.agent.backups.backup_folders import PARTIAL
from deployer.agent.backups.backup_record import RECORD, SUMS, opened, sums_of
from deployer.agent.context import Context
from deployer.agent.text import fields


def problems(ctx: Context, backup: Path) -> tuple[str, ...]:
    """Say all that is wrong with a backup, after reading all of it; nothing when it is whole."""
    try:
        record = opened(backup)
        return tuple(_wrong(ctx, backup, record))
    except (Damaged, OSError, fields.WrongField) as error:
        return (str(error),)


def missing(backup: Path) -> tuple[str, ...]:
    """Say what is wrong at a glance: record, names and sizes, without reading the parts."""
    try:
        record = opened(backup)
        return (*_listing(backup, record), *_sizes(backup, record))
    except (Damaged, OSError, fields.WrongField) as error:
        return (str(error),)


def part_of(one: Mapping[str, object]) -> Written:
    """Read a part as the record of a backup has it; raises Damaged for a name that leads away."""
    name = fields.text(one, "name")
    if name != Path(name).name:
        raise Damaged(f"its record names a part `{name}`")
    return Written(
        name,
        fields.whole(one, "size"),
        fields.text(one, "sha256"),
        fields.whole(one, "members"),
    )


def _wrong(ctx: Context, backup: Path, record: Mapping[str, object]) -> Iterator[str]:
    yield from _names(ctx, backup, record)
    yield from _listing(backup, record)
    databases = {fields.text(one, "part"): one for one in fields.objects(record, "databases")}
    for one in fields.objects(record, "parts"):
        part = part_of(one)
        try:
            _check(ctx, backup / part.name, part, databases.get(part.name, {}))
        except FileNotFoundError:
            continue  # the listing says so
        except (Damaged, OSError) as error:
            yield str(error)


def _check(ctx: Context, path: Path, part: Written, database: Mapping[str, object]) -> None:
    check_digest(path, part)
    if part.name in dumps.PARTS:
        dumps.check(ctx, path, database)
    elif part.name == shared_files.PART:
        shared_files.read(path)
    else:
        check_tar(path, part)


def _names(ctx: Context, backup: Path, record: Mapping[str, object]) -> Iterator[str]:
    name = backup.name.removesuffix(PARTIAL)
    if record.get("app") != ctx.app:
        yield f"it is a backup of `{record.get('app')}`, not of `{ctx.app}`"
    if record.get("name", name) != name:
        yield f"it was written as `{record.get('name')}`"


def _listing(backup: Path, record: Mapping[str, object]) -> Iterator[str]:
    parts = [fields.text(one, "name") for one in fields.objects(record, "parts")]
    wanted = {*parts, RECORD, SUMS}
    there = {one.name for one in backup.iterdir() if not one.name.startswith(".")}
    if len(set(parts)) != len(parts):
        yield "two of its parts have the same name"
    yield from (f"`{name}` is missing" for name in sorted(wanted - there))
    yield from (f"`{name}` is not in its record" for name in sorted(there - wanted))
    if SUMS in there and (backup / SUMS).read_bytes() != sums_of(record):
        yield f"`{SUMS}` is not what was written"


def _sizes(backup: Path, record: Mapping[str, object]) -> Iterator[str]:
    for one in fields.objects(record, "parts"):
        path = backup / fields.text(one, "name")
        if path.exists() and path.lstat().st_size != fields.whole(one, "size"):
            yield f"`{path.name}` has another size than was written"
