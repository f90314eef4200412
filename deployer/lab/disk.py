"""A host's own disk: ext4 in a file, so that it can fill up, fail, and forget what was not flushed.

The disk holds all that the host writes (the upper layer of its overlay), so it is one file system
from `/` down, as on a small rented host. A lost disk is never mounted again: its superblock is
dead for as long as anybody has it open. The host goes on with a copy that e2fsck has looked at.
"""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

from deployer.errors import LabError
from deployer.lab.machine import attempt, run, unmount_below

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN (fs/ext4/ext4.h of Linux)."""
WITHOUT_FLUSHING_THE_LOG = (2).to_bytes(4, "little")
BYTES_PER_INODE = 16 * 1024
FILL = "filling"
REPAIRED = (0, 1)
"""How e2fsck(8) ends when the file system is sound, or was made so."""


def make(folder: Path, megabytes: int) -> None:
    """Make an empty disk in a host's folder and mount it; twice is as good as once."""
    if _mount_point(folder).is_mount():
        return
    image = folder / "disk-0.img"
    with image.open("wb") as file:
        file.truncate(megabytes * 1024 * 1024)
    inodes = megabytes * 1024 * 1024 // BYTES_PER_INODE
    run("mkfs.ext4", "-q", "-F", "-m", "0", "-N", str(inodes), str(image))
    _mount(folder, image)


def lose(folder: Path) -> None:
    """Stop all writing at once; what was not flushed is not on the disk and never will be."""
    descriptor = os.open(_mount_point(folder), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(descriptor, SHUTDOWN, WITHOUT_FLUSHING_THE_LOG)
    finally:
        os.close(descriptor)


def fail(folder: Path) -> None:
    """Have the kernel find an error: it makes the disk read-only until the host boots again."""
    device = run("findmnt", "-no", "SOURCE", str(_mount_point(folder))).strip()
    Path("/sys/fs/ext4", Path(device).name, "trigger_fs_error").write_text("a fault of the lab")


def replace(folder: Path) -> None:
    """Go on with a repaired copy of what reached the disk; nothing may use the old one."""
    unmount_below(folder)
    old = _image(folder)
    new = folder / f"disk-{int(old.stem.rpartition('-')[2]) + 1}.img"
    run("cp", "--sparse=always", str(old), str(new))
    checked = attempt("e2fsck", "-p", str(new), timeout=120)
    if checked.returncode not in REPAIRED:
        raise LabError(
            f"The disk `{new}` cannot be repaired: {checked.stdout.strip()}",
            hint="That is more than a power cut does: see what else wrote to the image.",
        )
    old.unlink()
    _mount(folder, new)


def fill(folder: Path) -> None:
    """Take every free block."""
    place = _filling(folder)
    for number, size in enumerate((1 << 24, 1 << 20, 1 << 16, 1 << 12)):
        with (place / f"block-{number}").open("wb") as file, suppress(OSError):
            end = 0
            while True:
                os.posix_fallocate(file.fileno(), end, size)
                end += size


def fill_inodes(folder: Path) -> None:
    """Take every free inode; blocks are left."""
    place = _filling(folder)
    with suppress(OSError):
        for number in range(1 << 24):
            (place / f"inode-{number}").touch(exist_ok=False)


def free(folder: Path) -> None:
    """Give back what `fill` and `fill_inodes` took."""
    shutil.rmtree(_mount_point(folder) / FILL, ignore_errors=True)


def layers(folder: Path) -> tuple[Path, Path]:
    """Return the upper and the work folder of the host's overlay, on its own disk if it has one."""
    own = _mount_point(folder)
    return (own / "up", own / "work") if own.is_mount() else (folder / "up", folder / "work")


def _filling(folder: Path) -> Path:
    place = _mount_point(folder) / FILL
    place.mkdir(exist_ok=True)  # outside of the host's own folders: it sees only what is missing
    return place


def _mount_point(folder: Path) -> Path:
    return folder / "disk"


def _image(folder: Path) -> Path:
    (image,) = folder.glob("disk-*.img")
    return image


def _mount(folder: Path, image: Path) -> None:
    point = _mount_point(folder)
    point.mkdir(exist_ok=True)
    run("mount", "-o", "loop,errors=remount-ro", str(image), str(point))
