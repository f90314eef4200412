"""The virtual environment of a release: shared by all releases with the same lock."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.agent.actions.programs import require
from deployer.agent.actions.sealing import seal_folder
from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk import trash
from deployer.agent.disk.files import link_atomic, make_folder, read_plain
from deployer.agent.disk.manifest import MARKER
from deployer.agent.disk.roots import app_folder
from deployer.agent.system.people import main_group_id, user_id
from deployer.agent.text import fields

_INSTALL_HINT = (
    "Mend the requirement that the last lines name; with a `wheelhouse`, its wheel must be there."
)


@dataclass(frozen=True)
class Wish:
    """An EnsureVenv action, read."""

    release: Path
    venvs: str
    interpreter: str
    locks: tuple[str, ...]
    build: tuple[tuple[str, ...], ...]
    user: str
    timeout: float


def ensure_venv(ctx: Context, action: Mapping[str, object]) -> bool:
    """Link the release to the environment for its lock; build that if it is not complete."""
    wish = _read(ctx, action)
    key = _key(ctx, wish)
    absolute = f"{wish.venvs}/{key}"
    venv = app_folder(ctx, absolute, "venvs")
    built = not _is_finished(venv)
    if built:
        _build(ctx, wish, venv)
    ctx.note = f"built environment {key}" if built else f"environment {key} fits, nothing installed"
    link = wish.release / "venv"
    if link.is_symlink() and str(link.readlink()) == absolute:
        return built
    if link.exists() and not link.is_symlink():
        raise ActionFailed("the app's tree has a `venv` of its own", "Remove it from the commit.")
    link_atomic(link, absolute)
    return True


def _read(ctx: Context, action: Mapping[str, object]) -> Wish:
    commands = action.get("build", ())
    if not isinstance(commands, (list, tuple)):
        raise fields.WrongField("build", "a list of commands")
    return Wish(
        release=app_folder(ctx, fields.text(action, "release_folder"), "releases"),
        venvs=fields.text(action, "venvs"),
        interpreter=fields.text(action, "interpreter"),
        locks=fields.texts(action, "locks"),
        build=tuple(fields.texts({"build": command}, "build") for command in commands),
        user=fields.text(action, "user"),
        timeout=fields.number(action, "timeout", 900.0),
    )


def _key(ctx: Context, wish: Wish) -> str:
    version = _version(ctx, wish)
    digest = hashlib.sha256(repr((version, wish.build)).encode())
    for name in wish.locks:
        lock = (wish.release / name).resolve()
        if ".." in Path(name).parts or not lock.is_relative_to(wish.release.resolve()):
            raise ActionFailed(f"the lock `{name}` is outside of the release")
        try:
            content = read_plain(lock)
        except OSError as error:
            hint = "Check `installer.requirements`, and that the file is in the commit."
            raise ActionFailed(f"the release has no `{name}`", hint) from error
        digest.update(repr((name, content)).encode())
    short = re.match(r"\d+\.\d+", version)
    return f"{short.group() if short else 'python'}-{digest.hexdigest()[:16]}"


def _is_finished(venv: Path) -> bool:
    """Tell whether it was sealed: who built it could write a marker too, but not as root."""
    try:
        found = (venv / MARKER).lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()


def _version(ctx: Context, wish: Wish) -> str:
    program = Path(wish.interpreter)
    if program.is_absolute() and program.resolve() == Path(sys.executable).resolve():
        return sys.version
    words = (wish.interpreter, "-I", "-S", "-c", "import sys; print(sys.version)")
    completed = ctx.execute(words, user=wish.user, quiet=True, timeout=30)
    require(completed, words, f"Is `{wish.interpreter}` installed on the host?")
    return completed.stdout.decode("utf-8", "replace").strip()


def _build(ctx: Context, wish: Wish, venv: Path) -> None:
    trash.throw_away(venv, ctx.path(f"/srv/{ctx.app}/.trash"))  # a half-finished one
    make_folder(venv, 0o700)
    os.chown(venv, user_id(wish.user), main_group_id(wish.user))
    venv.chmod(0o750)
    places = {"{venv}": str(venv), "{release}": str(wish.release)}
    for command in wish.build:
        words = tuple(_filled(word, places) for word in command)
        ctx.action(f"{words[0].rpartition('/')[2]} {' '.join(command[1:4])} …")
        completed = ctx.execute(
            words, user=wish.user, folder=str(wish.release), timeout=wish.timeout
        )
        require(completed, words, _INSTALL_HINT)
    _refuse_code_of_the_release(venv, wish.release.parent)
    note = {"interpreter": f"{venv}/bin/python", "wheelhouse": _wheelhouse(ctx, wish)}
    seal_folder(ctx, venv, MARKER, main_group_id(wish.user), note)


def _filled(word: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(name, value)
    return word


def _wheelhouse(ctx: Context, wish: Wish) -> str:
    prefix = f"/srv/{ctx.app}/wheelhouse/"
    words = (word for command in wish.build for word in command)
    return next((word for word in words if word.startswith(prefix)), "")


def _refuse_code_of_the_release(venv: Path, releases: Path) -> None:
    """Refuse requirements such as `.` or `-e .`: the next release would run this one's code."""
    for record in _records(venv):
        if str(releases).encode() in _content(record):
            raise ActionFailed(
                f"the requirements install the app itself (`{record.parent.name}`), but the "
                "environment is shared by releases",
                hint="Take `.` and `-e .` out of the requirements; the app runs from its folder.",
            )


def _content(record: Path) -> bytes:
    try:
        return read_plain(record)
    except OSError as error:
        what = f"`{record.name}` in the environment cannot be read: {error.strerror}"
        raise ActionFailed(what, _INSTALL_HINT) from error


def _records(venv: Path) -> Iterator[Path]:
    for packages in venv.glob("lib/python*/site-packages"):
        yield from packages.glob("*.pth")
        yield from packages.glob("*.egg-link")
        yield from packages.glob("*.dist-info/direct_url.json")
