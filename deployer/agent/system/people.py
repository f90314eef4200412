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
