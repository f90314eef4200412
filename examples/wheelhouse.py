"""Fetches the wheels that a pinned requirements file names, for hosts that have no package index.

    python examples/wheelhouse.py requirements.txt OUTDIR [--python 3.11.2]

OUTDIR then holds exactly those wheels, for CPython on Linux x86_64 (glibc), whatever machine this
runs on; each was checked against the hashes of the file. They are kept under
~/.cache/deployer-wheels, so the second time asks nobody. Needs pip and packaging.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

PYTHON = "3.11.2"  # Debian 12
GLIBC = 36  # Debian 12 has 2.36; a wheel for an older one will do


def fetch(requirements: Path, to: Path, python: str = PYTHON) -> Path:
    """Fills `to` with the wheels of `requirements` for that CPython; gives `to` back."""
    wanted = "".join(f"{line}\n" for line in pinned(requirements.read_text(), python))
    key = hashlib.sha256(f"{python} {GLIBC}\n{wanted}".encode()).hexdigest()[:16]
    kept = cache() / key
    if not kept.is_dir():
        download(wanted, kept, python)
    to.mkdir(parents=True, exist_ok=True)
    for wheel in sorted(kept.iterdir()):
        shutil.copyfile(wheel, to / wheel.name)
    return to


def cache() -> Path:
    """Where wheels are kept between two runs."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "deployer-wheels"


def pinned(text: str, python: str) -> tuple[str, ...]:
    """The requirements that hold on such a host, each on one line with its hashes.

    pip's own --python-version does not do: it reads markers with the Python that it runs on.
    """
    there = {
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": "linux",
    }
    lines: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        words, _, hashes = line.partition(" --hash=")
        if not words.strip() or words.lstrip().startswith("#"):
            continue
        requirement = Requirement(words)
        if requirement.marker is None or requirement.marker.evaluate(there):
            lines.append(f"{words.partition(';')[0].strip()} --hash={' '.join(hashes.split())}")
    return tuple(lines)


def download(wanted: str, kept: Path, python: str) -> None:
    """Downloads into a folder beside `kept`, and gives it that name once it is complete."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        asked, got = Path(scratch, "requirements.txt"), Path(scratch, "wheels")
        asked.write_text(wanted)
        glibc = [f"--platform=manylinux_2_{minor}_x86_64" for minor in range(GLIBC, 4, -1)]
        old = [f"--platform=manylinux{year}_x86_64" for year in ("2014", "2010", "1")]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        target = ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}"]
        files = [f"--requirement={asked}", f"--dest={got}"]
        subprocess.run([*pip, *target, *glibc, *old, *files], check=True, timeout=900)
        if not kept.exists():
            got.rename(kept)


def main() -> None:
    """Reads the command line and says what was put where."""
    options = argparse.ArgumentParser(description="Fetch the wheels of a pinned requirements file.")
    options.add_argument("requirements", type=Path)
    options.add_argument("to", type=Path)
    options.add_argument("--python", default=PYTHON, help=f"of the hosts (default: {PYTHON})")
    given = options.parse_args()
    to = fetch(given.requirements, given.to, given.python)
    print(f"{len(list(to.glob('*.whl')))} wheels in {to}")


if __name__ == "__main__":
    main()
