"""Private keys: from files, read once per run, and from ssh-agent."""

import base64
import binascii
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.agent import AgentKey, AgentSSH
from paramiko.pkey import PublicBlob, UnknownKeyType

AGENT_PATIENCE = 60.0
"""Seconds for the agent to answer: a hardware key waits for a touch."""

MAGIC = b"openssh-key-v1\0"
"""How a private key file of OpenSSH begins (PROTOCOL.key)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One key file: the key if it could be read, else why not; its public part if known."""

    path: Path
    key: paramiko.PKey | None = None
    public: bytes = b""
    trouble: str = ""

    @property
    def encrypted(self) -> bool:
        """Whether only an agent, or its owner, can open it."""
        return self.key is None and bool(self.public) and not self.trouble


class KeyRing:
    """The key files of a run; each is read once, also when many threads ask."""

    def __init__(self) -> None:
        self._identities: dict[Path, Identity] = {}
        self._lock = threading.Lock()

    def at(self, path: Path) -> Identity:
        """Give the key in a file."""
        with self._lock:
            if path not in self._identities:
                self._identities[path] = load(path)
            return self._identities[path]


def load(path: Path) -> Identity:
    """Read a key file without ever asking for a passphrase."""
    try:
        key = paramiko.PKey.from_path(path)
    except (TypeError, paramiko.PasswordRequiredException):
        return Identity(path, public=public_part(path))
    except OSError as error:
        public = public_part(path)
        return Identity(path, public=public, trouble="" if public else error.strerror or "unread")
    except (ValueError, UnknownKeyType, paramiko.SSHException):
        public = public_part(path)
        return Identity(path, public=public, trouble="" if public else "not a private key")
    return Identity(path, key=key, public=key.asbytes())


def public_part(path: Path) -> bytes:
    """Give the public key beside or inside a private key file that we cannot open."""
    for file in (path.with_name(path.name + ".pub"), path):
        try:
            return PublicBlob.from_file(str(file)).key_blob
        except (OSError, ValueError, IndexError, binascii.Error):
            continue
    return _inside(path)


def _inside(path: Path) -> bytes:
    try:
        lines = path.read_text("ascii").splitlines()
        content = base64.b64decode("".join(lines[1:-1]))
    except (OSError, ValueError):
        return b""
    if not content.startswith(MAGIC):
        return b""
    fields = paramiko.Message(content[len(MAGIC) :])
    for _ in ("cipher", "key derivation", "its options"):
        fields.get_binary()
    fields.get_int()
    return fields.get_binary()


class AgentAt(AgentSSH):
    """The ssh-agent behind a socket; without one it holds no keys."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) if path else None
        if self._link is None:
            return
        self._link.settimeout(AGENT_PATIENCE)
        try:
            self._link.connect(path)
            self._connect(self._link)  # type: ignore[attr-defined] # a contract test watches it
        except (OSError, paramiko.SSHException):
            self.close()

    def held(self) -> tuple[AgentKey, ...]:
        """Give its keys."""
        return self.get_keys()

    def close(self) -> None:
        """Leave the agent."""
        if self._link is not None:
            self._link.close()
