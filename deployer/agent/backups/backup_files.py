"""The code and the config of a release as parts of a backup."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from deployer.agent.backups.archive import Damaged, Written, check_digest, write_tar
from deployer.agent.backups.backup_folders import read_backup
from deployer.agent.backups.backup_proof import part_of
from deployer.agent.context import Context
from deployer.agent.text import fields

CODE = "code.tar.gz"
CONFIG = "config.tar.gz"


def linked_code(earlier: Iterable[Path], release: str, partial: Path) -> Written | None:
    """Link the code from a verified backup of the same release, after reading its sha256 again."""
    found = _code_of(earlier, release)
    if found is None:
        return None
    backup, part = found
    try:
        os.link(backup / CODE, partial / CODE)
        check_digest(partial / CODE, part)
    except (OSError, Damaged):
        (partial / CODE).unlink(missing_ok=True)
        return None
    return part


def code(folder: Path, partial: Path) -> Written | None:
    """Write the code of a release, without the environment that it shares."""
    if not folder.is_dir():
        return None
    return write_tar(partial / CODE, {folder.name: folder}, [folder / "venv"])


def config(
    ctx: Context, files: Iterable[str], folder: Path | None, partial: Path
) -> Written | None:
    """Write the config of a release, and the files outside of it that went live with it."""
    entries = {path.lstrip("/"): ctx.path(path) for path in files}
    if folder is not None:
        entries[f"{folder.name}/config"] = folder / "config"
    there = {name: path for name, path in entries.items() if path.is_symlink() or path.exists()}
    return write_tar(partial / CONFIG, there) if there else None


def _code_of(backups: Iterable[Path], release: str) -> tuple[Path, Written] | None:
    for one in backups:
        record: Mapping[str, object] = read_backup(one)
        if record.get("release") != release:
            continue
        for part in fields.objects(record, "parts"):
            if part.get("name") == CODE:
                return one, part_of(part)
    return None
