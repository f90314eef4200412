"""Each host in its own control group, in cgroup2 and in name=systemd.

Without one of its own every host shares one tree with all others: stopping a unit then leaves its
workers alive, and killing a host cannot be told from killing its neighbours.
"""

import os
from contextlib import suppress
from pathlib import Path

from deployer.errors import LabError, LabUnavailable
from deployer.lab.machine import attempt, wait_until

OWN_CGROUP2 = Path("/run/deployer-lab/cgroup2")


def roots() -> tuple[Path, ...]:
    """Return the trees a host needs a group in, cgroup2 first; mounts cgroup2 if nobody has."""
    mounts = [line.split(" - ") for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    points = [(Path(left.split()[4]), right.split()) for left, right in mounts]
    unified = next((point for point, right in points if right[0] == "cgroup2"), None)
    named = [p for p, right in points if right[0] == "cgroup" and "name=systemd" in right[-1]]
    return (unified or _mount_cgroup2(), *named[:1])


def _mount_cgroup2() -> Path:
    OWN_CGROUP2.mkdir(parents=True, exist_ok=True)
    result = attempt("mount", "-t", "cgroup2", "cgroup2", str(OWN_CGROUP2))
    if result.returncode:
        raise LabUnavailable(
            f"This machine has no cgroup2 tree: {result.stderr.strip()}",
            hint="Run the lab on a machine (or in a VM) with a kernel that has cgroup2.",
        )
    return OWN_CGROUP2


def create(name: str) -> tuple[Path, ...]:
    """Make a fresh group `name` in every tree; a stale one kills what is started in it."""
    destroy(name)
    groups = tuple(root / name for root in roots())
    try:
        for group in groups:
            group.mkdir()
    except OSError as error:
        raise LabUnavailable(
            f"No control group can be made at `{error.filename}`: {error.strerror}.",
            hint="Run the lab as root outside of a container, or in a privileged one.",
        ) from error
    return groups


def destroy(name: str) -> None:
    """Kill everything in the group `name` as a power cut would, and remove the group."""
    for group in (root / name for root in roots()):
        if not wait_until(lambda: _is_gone(group), seconds=15):  # noqa: B023  used at once
            raise LabError(
                f"Processes of `{name}` survive SIGKILL: {processes(group)}.",
                hint="They wait for a device or disk; `ps -o pid,stat,wchan,args` shows which.",
            )


def _is_gone(group: Path) -> bool:
    """Kill and remove; to be repeated, since a host that was just started joins a moment later."""
    if (switch := group / "cgroup.kill").exists():  # version 1 has none; its twin kills
        with suppress(OSError):  # gone since we looked
            switch.write_text("1")
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):  # busy until the last process is reaped, or gone already
            Path(folder).rmdir()
    return not group.exists()


def freeze(name: str, *, is_frozen: bool) -> None:
    """Stop or go on with everything in the group `name`, all at once."""
    (roots()[0] / name / "cgroup.freeze").write_text(str(int(is_frozen)))


def processes(group: Path) -> tuple[int, ...]:
    """Return the process ids in `group` and below it."""
    found: list[int] = []
    for folder, _, _ in os.walk(group):  # unlike rglob, it shrugs at folders that vanish
        with suppress(OSError):
            found.extend(int(line) for line in Path(folder, "cgroup.procs").read_text().split())
    return tuple(found)


def groups_named(prefix: str) -> tuple[str, ...]:
    """Return the names of all groups that begin with `prefix`, each once."""
    return tuple(sorted({path.name for root in roots() for path in root.glob(f"{prefix}*")}))
