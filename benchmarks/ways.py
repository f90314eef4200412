"""How the same deploy is typed with each tool; all but ours leave the same files on a host."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
INV = str(Path(sys.executable).parent / "inv")
OURS, PEERS = "shop", "peershop"
WAYS = ("ours", "bash", "fabric-serial", "fabric-group", "pyinfra", "ansible")
_ARCHIVE = 'git -C "$REPOSITORY" archive "$1^{commit}" | gzip -1 >"$2"; shift 2; exec "$@"'


@dataclass(frozen=True, slots=True)
class Typed:
    """Words, and below which of the world's folders they are typed."""

    words: tuple[str, ...]
    folder: str = "."


@dataclass(frozen=True, slots=True)
class Toolbox:
    """What the commands need to know of a world."""

    hosts: tuple[str, ...]
    folder: Path
    tools: Path
    """The folder with the programs of the peers."""

    def typed(self, way: str, task: str, revision: str) -> Typed:
        """Give the command: `task` is deploy (of a tag) or rollback (to the release before)."""
        makers: dict[str, Callable[[str, str], Typed]] = {
            "ours": self._ours,
            "bash": self._bash,
            "fabric-serial": lambda *all: self._fabric("serial", *all),
            "fabric-group": lambda *all: self._fabric("group", *all),
            "pyinfra": self._pyinfra,
            "ansible": self._ansible,
        }
        return makers[way](task, revision)

    def _ours(self, task: str, revision: str) -> Typed:
        words = ("--revision", revision, "--unfreeze") if task == "deploy" else ()
        return Typed((INV, task, "--env", OURS, *words), OURS)

    def _bash(self, task: str, revision: str) -> Typed:
        words = (revision,) if task == "deploy" else ()
        return Typed(("bash", str(HERE / f"{task}.sh"), *words, *self.hosts))

    def _fabric(self, kind: str, task: str, revision: str) -> Typed:
        script = (str(self.tools / "python"), str(HERE / "peers/with_fabric.py"), kind, task)
        if task == "rollback":
            return Typed((*script, *self.hosts))
        return self._packed(revision, *script, self._release(revision), self._code, *self.hosts)

    def _pyinfra(self, task: str, revision: str) -> Typed:
        data = {"release": self._release(revision), "archive": self._code, "backup": self._backup}
        pairs = [f"--data={key}={value}" for key, value in data.items()]
        files = (str(self.folder / "pyinfra_hosts.py"), str(HERE / f"peers/pyinfra_{task}.py"))
        words = (str(self.tools / "pyinfra"), "-y", *pairs, *files)
        return Typed(words) if task == "rollback" else self._packed(revision, *words)

    def _ansible(self, task: str, revision: str) -> Typed:
        values = f"release={self._release(revision)} archive={self._code} backup={self._backup}"
        words = (
            *(str(self.tools / "ansible-playbook"), "-i", str(self.folder / "ansible_hosts.ini")),
            *("-e", values, str(HERE / f"peers/ansible_{task}.yml")),
        )
        return Typed(words) if task == "rollback" else self._packed(revision, *words)

    def _packed(self, revision: str, *words: str) -> Typed:
        return Typed(("bash", "-ec", _ARCHIVE, "pack", revision, self._code, *words))

    @property
    def _code(self) -> str:
        return str(self.folder / "code.tar.gz")

    @property
    def _backup(self) -> str:
        return f"/opt/backups/{PEERS}_{time.strftime('%Y%m%d_%H%M%S', time.gmtime())}"

    @staticmethod
    def _release(revision: str) -> str:
        return f"{time.strftime('%Y%m%d%H%M%S', time.gmtime())}-{revision}"
