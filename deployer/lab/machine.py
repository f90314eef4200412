"""The machine the lab runs on: its programs, its files, its patience."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from deployer.errors import LabError

PAUSE = 0.02  # seconds between two looks at something we wait for


def run(*words: str, stdin: str = "", timeout: float = 30) -> str:
    """Run a program of this machine and return what it wrote; raises LabError if it fails."""
    result = attempt(*words, stdin=stdin, timeout=timeout)
    if result.returncode:
        last_lines = " | ".join((result.stderr or result.stdout).strip().splitlines()[-4:])
        raise LabError(
            f"`{' '.join(words)}` ended with {result.returncode}: {last_lines}",
            hint="Run `inv lab.down`, then `inv lab.up` again.",
        )
    return result.stdout


def attempt(*words: str, stdin: str = "", timeout: float = 30) -> subprocess.CompletedProcess[str]:
    """Run a program whose failure is an answer too; raises LabError only if it never ends."""
    try:
        return subprocess.run(  # noqa: S603  the words are ours; no shell reads them
            words, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(
            f"`{' '.join(words)}` did not end within {timeout:g} s.",
            hint="Run `inv lab.down`, then try again when the machine is less busy.",
        ) from error


def wait_until(is_so: Callable[[], bool], *, seconds: float) -> bool:
    """Look again and again until `is_so`, at most `seconds` long; returns the last answer."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)  # noqa: TID251  real hosts need real time
    return True


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file with its folders; it never exists with a wider mode than `mode`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=mode)
    path.write_text(text)
    path.chmod(mode)


def mounts_below(folder: Path) -> tuple[Path, ...]:
    """Return the mount points at or below `folder`, the deepest first (proc_pid_mountinfo(5))."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = (Path(line.split()[4].replace("\\040", " ")) for line in lines)
    below = [point for point in points if point.is_relative_to(folder)]
    return tuple(sorted(below, key=lambda point: len(point.parts), reverse=True))


def unmount_below(folder: Path) -> None:
    """Unmount everything at or below `folder`; never lazily, so that nobody still writes to it."""
    for point in mounts_below(folder):
        wait_until(lambda: attempt("umount", str(point)).returncode == 0, seconds=5)  # noqa: B023  used at once
    if left := mounts_below(folder):
        raise LabError(
            f"`{left[0]}` is still mounted and busy.",
            hint=f"See who uses it with `fuser -vm {left[0]}`, then run `inv lab.down` again.",
        )
