"""Reads known_hosts files as OpenSSH does: markers, patterns, hashes (sshd(8), SSH_KNOWN_HOSTS)."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from pathlib import Path

HASHED = re.compile(r"\|1\|(?P<salt>[^|]+)\|(?P<digest>[^|]+)$")
MARKERS = {"@cert-authority": "authority", "@revoked": "revoked"}
SSH_PORT = 22


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public host key: its kind (`ssh-ed25519`) and its body in base64."""

    kind: str
    body: str

    @property
    def fingerprint(self) -> str:
        """The form that `ssh-keygen -l` prints; empty if the body is not base64."""
        try:
            digest = hashlib.sha256(base64.b64decode(self.body)).digest()
        except binascii.Error:
            return ""
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def line(self) -> str:
        """The form of a pin in the inventory."""
        return f"{self.kind} {self.body}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: which hosts, which key, and whether it is a key, an authority or revoked."""

    role: str
    patterns: str
    key: HostKey

    def covers(self, name: str) -> bool:
        """Whether the line is about this name (`host` or `[host]:port`)."""
        hashed = HASHED.match(self.patterns)
        if hashed is not None:
            return _hash_matches(hashed["salt"], hashed["digest"], name)
        found = False
        for pattern in self.patterns.split(","):
            wanted = not pattern.startswith("!")
            if matches(pattern.lstrip("!"), name):
                if not wanted:
                    return False
                found = True
        return found


def name_in_file(address: str, port: int) -> str:
    """Give the name under which a known_hosts file keeps a host."""
    return address if port == SSH_PORT else f"[{address}]:{port}"


def matches(pattern: str, name: str) -> bool:
    """Compare as ssh_config(5) PATTERNS does: `*` and `?`, regardless of case."""
    if "*" not in pattern and "?" not in pattern:
        return pattern.lower() == name.lower()
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, name, re.IGNORECASE) is not None


def parse(text: str) -> tuple[Entry, ...]:
    """Read the lines of a file; like OpenSSH, skip those that make no sense."""
    entries = (_entry(line.split()) for line in text.splitlines())
    return tuple(entry for entry in entries if entry is not None)


def read(path: Path) -> tuple[Entry, ...]:
    """Read a file; one that is not there, or not ours to read, knows no host."""
    try:
        return parse(path.read_text("utf-8", "replace"))
    except OSError:
        return ()


def parse_key(line: str) -> HostKey | None:
    """Read `ssh-ed25519 AAAA… comment`; None if it is no key."""
    words = line.split()
    return HostKey(words[0], words[1]) if len(words) >= 2 else None  # noqa: PLR2004  kind and body


def _entry(words: list[str]) -> Entry | None:
    role = "key"
    if words and words[0].startswith("@"):
        role = MARKERS.get(words.pop(0), "")
    if not role or len(words) < 3 or words[0].startswith("#"):  # noqa: PLR2004  names, kind, body
        return None
    return Entry(role, words[0], HostKey(words[1], words[2]))


def _hash_matches(salt: str, digest: str, name: str) -> bool:
    try:
        key, expected = base64.b64decode(salt), base64.b64decode(digest)
    except binascii.Error:
        return False
    found = hmac.new(key, name.lower().encode(), "sha1").digest()
    return hmac.compare_digest(found, expected)
