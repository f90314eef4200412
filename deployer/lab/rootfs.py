"""The root file system all hosts share: built once with mmdebstrap, then read only."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from deployer.errors import LabError
from deployer.lab.locks import locked
from deployer.lab.machine import attempt, run

SUITE = "bookworm"
RECIPE = "1"  # raise when `_finish` changes, so that old caches are not used
BASE_PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd"),
    *("openssh-server", "sudo", "ca-certificates", "nginx-light"),
    *("python3", "python3-venv", "git", "sqlite3"),
    *("curl", "iproute2", "procps", "rsync", "zstd", "acl", "logrotate"),
)
DATABASE_PACKAGES = ("postgresql", "mariadb-server")
"""One root file system for all database servers; each host masks those that it shall not run."""
BUILD_SECONDS = 900


def packages(*, databases: bool) -> tuple[str, ...]:
    """Return the Debian packages of a host."""
    return (*BASE_PACKAGES, *(DATABASE_PACKAGES if databases else ()))


def path_of(cache: Path, names: tuple[str, ...]) -> Path:
    """Return where the root file system with these packages is kept."""
    recipe = "\n".join((SUITE, RECIPE, *sorted(names)))
    return cache / f"{SUITE}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def ensure(cache: Path, names: tuple[str, ...], emit: Callable[[str], None]) -> Path:
    """Return the root file system with these packages; builds it if it is not in the cache."""
    rootfs = path_of(cache, names)
    if rootfs.is_dir():
        return rootfs
    with locked(rootfs.with_suffix(".lock"), seconds=BUILD_SECONDS):
        if not rootfs.is_dir():
            emit(f"Building the root file system of the hosts ({len(names)} packages), once.")
            _build(rootfs, names)
    return rootfs


def _build(rootfs: Path, names: tuple[str, ...]) -> None:
    partial = rootfs.with_suffix(".partial")
    if partial.exists():
        shutil.rmtree(partial)
    try:
        run(
            *("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(names)}"),
            *(SUITE, str(partial), *sources(_index_targets())),
            timeout=BUILD_SECONDS,
        )
        _finish(partial)
    except LabError as error:
        shutil.rmtree(partial, ignore_errors=True)
        error.hint = "See that `apt-get update` works on this machine, then try again."
        raise
    partial.rename(rootfs)


def _index_targets() -> str:
    wanted = "$(ORIGIN) $(LABEL) $(REPO_URI) $(RELEASE)"
    result = attempt("apt-get", "indextargets", "--format", wanted, "Created-By: Packages")
    return result.stdout if result.returncode == 0 else ""


def sources(index_targets: str) -> tuple[str, ...]:
    """Return sources.list lines for the mirrors this machine itself uses.

    Takes lines of `origin label uri release`. No line at all lets mmdebstrap use its own default.
    """
    found: dict[str, None] = {}
    for line in index_targets.splitlines():
        match line.split():
            case ["Debian", "Debian", uri, release] if "-" not in release:
                found[f"deb {uri} {SUITE} main"] = None
            case ["Debian", "Debian-Security", uri, _]:
                found[f"deb {uri} {SUITE}-security main"] = None
            case _:
                continue
    return tuple(found)


def _finish(rootfs: Path) -> None:
    """Make it nobody's (no host keys, no machine id) and quiet (no timers that want mirrors)."""
    for key in (rootfs / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (rootfs / "etc/machine-id").unlink(missing_ok=True)
    (rootfs / "etc/resolv.conf").unlink(missing_ok=True)
    (rootfs / "etc/resolv.conf").touch()
    run("systemctl", f"--root={rootfs}", "enable", "systemd-networkd.service")
    run("systemctl", f"--root={rootfs}", "mask", "apt-daily.timer", "apt-daily-upgrade.timer")
