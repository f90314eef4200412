"""The agent as it travels to hosts: its files as one tar, and the script that installs it."""

import gzip
import hashlib
import io
import tarfile
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

FOLDER = "/usr/lib/deployer"

BOOTSTRAP = rb"""
set -eu
umask 022
digest=$1
if ! command -v python3 >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >&2 && apt-get install -q -y python3 >&2
fi
new=/usr/lib/deployer/agent-$digest
mkdir -p /usr/lib/deployer
rm -rf "$new.partial"
mkdir "$new.partial"
tar -xzf - -C "$new.partial"
# One that is there already stays, unless it is damaged.
if diff -rq -x __pycache__ "$new" "$new.partial" >/dev/null 2>&1; then
  rm -rf "$new.partial"
else
  rm -rf "$new"
  python3 -I -m compileall -q "$new.partial" >&2
  sync -f "$new.partial"
  mv -T "$new.partial" "$new"
fi
# A run that is at work goes on with the agent it began with: that one goes only next time.
before=$(dirname "$(readlink /usr/lib/deployer/agent || echo none/none)")
ln -sfn "agent-$digest/agent" /usr/lib/deployer/agent.new
mv -T /usr/lib/deployer/agent.new /usr/lib/deployer/agent
find /usr/lib/deployer -maxdepth 1 -name 'agent-*' ! -name "agent-$digest" ! -name "$before" \
  -exec rm -rf {} +
echo installed
"""

_LAUNCHER = """\
#!/usr/bin/python3 -IS
import sys
sys.path.insert(0, "/usr/lib/deployer/agent-{digest}")
from deployer.agent.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def sources() -> dict[str, bytes]:
    """Give the agent's files: path below `deployer/agent` -> content."""
    return dict(sorted(_python_files(files("deployer.agent"), "")))


@cache
def digest() -> str:
    """Name this version of the agent: 12 hex digits of the sha256 of its files."""
    summed = hashlib.sha256()
    for path, content in sources().items():
        summed.update(path.encode() + b"\0" + content + b"\0")
    return summed.hexdigest()[:12]


@cache
def package() -> bytes:
    """Give the agent as a tar (gzip), ready to be unpacked; packed once for all hosts."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        _add(tar, "deployer/__init__.py", b"", 0o644)
        for path, content in sources().items():
            _add(tar, f"deployer/agent/{path}", content, 0o644)
        _add(tar, "agent", _LAUNCHER.format(digest=digest()).encode(), 0o755)
    return gzip.compress(packed.getvalue(), mtime=0)


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = mode
    tar.addfile(member, io.BytesIO(content))


def _python_files(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            found.extend(_python_files(entry, f"{prefix}{entry.name}/"))
        elif entry.name.endswith(".py"):
            found.append((f"{prefix}{entry.name}", entry.read_bytes()))
    return found
