"""What a machine needs before it can run lab hosts, told plainly and all at once."""

import os
import shutil
from pathlib import Path

from deployer.errors import LabUnavailable
from deployer.lab.machine import attempt

PROGRAMS = {  # program: the Debian package that has it
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "setsid": "util-linux",
    "mount": "mount",
    "ssh-keygen": "openssh-client",
}
INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
INOTIFY_INSTANCES = 8192  # Debian's 128 are shared by all hosts and end at about 15 of them


def prepare_machine() -> None:
    """Check the machine and raise what is too low; LabUnavailable names everything missing."""
    if os.geteuid() != 0:
        raise LabUnavailable(
            "The lab needs root: it makes network namespaces, mounts and control groups.",
            hint="Run it as root, for example `sudo env PATH=$PATH inv lab.up`.",
        )
    _check_programs(tuple(name for name in PROGRAMS if shutil.which(name) is None))
    _check_overlay(Path("/proc/filesystems").read_text())
    Path("/run/systemd").mkdir(exist_ok=True)  # nspawn wants it, also where systemd is not PID 1
    if int(INOTIFY.read_text()) < INOTIFY_INSTANCES:
        INOTIFY.write_text(str(INOTIFY_INSTANCES))


def _check_programs(missing: tuple[str, ...]) -> None:
    if missing:
        wanted = " ".join(sorted({PROGRAMS[name] for name in missing}))
        raise LabUnavailable(
            f"This machine lacks {', '.join(f'`{name}`' for name in missing)}.",
            hint=f"apt-get install -y {wanted}",
        )


def _check_overlay(filesystems: str) -> None:
    if "overlay" in filesystems.split():
        return
    if shutil.which("modprobe") and attempt("modprobe", "overlay").returncode == 0:
        return
    raise LabUnavailable(
        "The kernel of this machine has no overlay file system.",
        hint="Run `modprobe overlay`, or use a machine whose kernel has it.",
    )
