"""Debian packages that have to be there."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence

from deployer.agent.context import ActionFailed, Context
from deployer.agent.system.programs import PATH

_TIMEOUT = 900.0
_APT = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120")


def install_packages(ctx: Context, names: Sequence[str], programs: Mapping[object, object]) -> bool:
    """Install what is missing; without anything missing no index is asked.

    `programs` names the package for each program that may also be there by another package.
    """
    missing = [name for name in names if not _is_installed(ctx, name)]
    absent = {str(programs[one]) for one in programs if not shutil.which(str(one), path=PATH)}
    missing += sorted(absent)
    if not missing:
        return False
    ctx.note = f"installed {' '.join(missing)}"
    for words in (("update",), ("install", "--no-install-recommends", *missing)):
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        done = ctx.execute((*_APT, *words), env=env, timeout=_TIMEOUT)
        if not done.ok:
            raise ActionFailed(
                f"`apt-get {' '.join(words)}` {done.problem}",
                f"Install {' '.join(missing)} on the host by hand, then run `inv setup` again.",
                done.lines,
            )
    return True


def _is_installed(ctx: Context, package: str) -> bool:
    words = ("dpkg-query", "-W", "-f", "${db:Status-Status}", package)
    asked = ctx.execute(words, quiet=True)
    return asked.ok and asked.stdout.strip() == b"installed"
