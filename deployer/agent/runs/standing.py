"""How an app stands on its host, as its links tell, and whether what they lead to is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deployer.agent.context import Context
from deployer.agent.disk.manifest import damage_of
from deployer.agent.runs.release_record import is_release_id, release_folder, state_of

COLOURS = ("blue", "green")


def linked(ctx: Context, name: str) -> str:
    """Give the release that a link below `/srv/<app>` leads to; "" for none."""
    target = _target(ctx.path(f"/srv/{ctx.app}/{name}")).name
    return target if is_release_id(target) else ""


def live(ctx: Context) -> str:
    """Give the live release; "" for none."""
    return linked(ctx, "run/live")


def live_colour(ctx: Context) -> str:
    """Give the colour that users are sent to; "" for none."""
    folder = _target(ctx.path(f"/srv/{ctx.app}/run/live.sock")).parent.name
    found = (colour for colour in COLOURS if folder == f"{ctx.app}-{colour}")
    return next(found, "") or colour_of(ctx, live(ctx))


def colour_of(ctx: Context, release: str) -> str:
    """Give a colour that is linked to a release; "" for none."""
    found = (colour for colour in COLOURS if release and linked(ctx, f"run/{colour}") == release)
    return next(found, "")


def inherits(ctx: Context, release: str) -> bool:
    """Tell whether a release gets its sockets from systemd, so that two would share them."""
    if not release:
        return False
    units = release_folder(ctx, release) / "config/system/etc/systemd/system"
    return (units / f"{ctx.app}@.socket").exists()


def other(colour: str) -> str:
    """Give the colour that is not this one."""
    return COLOURS[1] if colour == COLOURS[0] else COLOURS[0]


def releases(ctx: Context) -> tuple[str, ...]:
    """Give the releases on the host, the oldest first; a link is none, wherever it leads."""
    folder = ctx.path(f"/srv/{ctx.app}/releases")
    if not folder.is_dir():
        return ()
    found = (one for one in folder.iterdir() if is_release_id(one.name))
    return tuple(sorted(one.name for one in found if not one.is_symlink()))


def damage(ctx: Context, release: str) -> str:
    """Say what is wrong with a release or its environment of packages; "" if all is whole."""
    folder = release_folder(ctx, release)
    found = damage_of(folder)
    venv = folder / "venv"
    if found or not venv.is_symlink():
        return found
    return damage_of(ctx.path(str(venv.readlink())))


def whole_good_releases(ctx: Context, besides: str) -> Iterator[str]:
    """Give the good releases that are whole, the newest first."""
    for release in reversed(releases(ctx)):
        is_good = release != besides and state_of(release_folder(ctx, release)) == "good"
        if is_good and not damage(ctx, release):
            yield release


def _target(link: Path) -> Path:
    try:
        return link.readlink()
    except OSError:
        return Path()
