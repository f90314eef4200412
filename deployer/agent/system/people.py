"""Users and groups of this host by name."""

from __future__ import annotations

import grp
import os
import pwd

from deployer.agent.context import ROOT, ActionFailed, Context


def user_id(name: str) -> int:
    """Give the number of a user; raises ActionFailed if there is none of that name."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise ActionFailed(f"this host has no user `{name}`", hint="Run `inv setup`.") from None


def main_group_id(name: str) -> int:
    """Give the number of a user's own group; raises ActionFailed if there is no such user."""
    try:
        return pwd.getpwnam(name).pw_gid
    except KeyError:
        raise ActionFailed(f"this host has no user `{name}`", hint="Run `inv setup`.") from None


def group_id(name: str) -> int:
    """Give the number of a group; raises ActionFailed if there is none of that name."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ActionFailed(f"this host has no group `{name}`", hint="Run `inv setup`.") from None


def reader_of(ctx: Context) -> str:
    """Name the user who reads what an app's data made: the app's own, else one with no rights."""
    try:
        return pwd.getpwnam(ctx.app).pw_name
    except KeyError:
        return "nobody" if ctx.root == ROOT else pwd.getpwuid(os.geteuid()).pw_name


def is_of_app(app: str, home: str) -> bool:
    """Tell whether the app's user is there; one that somebody else made is refused."""
    if not has_user(app):
        return False
    found = pwd.getpwnam(app)
    if found.pw_dir != home:
        raise ActionFailed(
            f"this host has a user `{app}` already, whose home is `{found.pw_dir}`",
            "Give the app another name: its user must belong to it alone.",
        )
    return True


def has_user(name: str) -> bool:
    """Tell whether this host has a user of that name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
