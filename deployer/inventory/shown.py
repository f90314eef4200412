"""What may be shown of a value in an error text: enough to find it, never a secret."""

import re
from collections.abc import Iterable

from deployer.inventory.tree import Listing, Scalar, Table, Tree

_LONGEST = 60
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_SECRET_PATH = re.compile(
    r"app\.env\..*|app\.database\.url|secrets\.command.*|"
    r"(?:.*\.)?[^.]*(?:password|passwd|token|secret|credential)[^.]*",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(://[^/@:\s]*:)\S*@")
_BEFORE_HOST = re.compile(
    r"^(?!(?:ssh://)?[a-z_][a-z0-9_-]{0,15}@[^@]*$)(?:[a-z+]+://)?.*@", re.DOTALL
)
"""What stands where a URL has its user and password; a short user of SSH is none."""
_MORE_WORDS = re.compile(r"(?<=\S)\s+\S.*", re.DOTALL)
_PASSWORD = re.compile(r"\S*:\S*@")
_QUERY_PASSWORD = re.compile(r"((?:password|passwd|token)=)[^&\s]*", re.IGNORECASE)


def found(tree: Tree | None, path: str) -> str:
    """Describe a value: `22` as `the number `22``, a long or secret one by its length."""
    match tree:
        case None:
            return "nothing"
        case Table(entries=entries):
            return "a mapping" if entries else "an empty mapping"
        case Listing(items=items):
            return "a list" if items else "an empty list"
        case Scalar():
            return _scalar(tree, path)


def shown_words(text: str) -> str:
    """Show words of our own or of the parser: on one line, not too long."""
    return _one_line(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def shown_key(key: str) -> str:
    """Show a key: its first word, not too long; a lost quote makes keys of passwords too."""
    first = _MORE_WORDS.sub("", key)
    shown = _PASSWORD.sub("***@", first)[:_LONGEST]
    return _one_line(shown if first == key and len(key) <= _LONGEST else f"{shown}…")


def _scalar(scalar: Scalar, path: str) -> str:
    match scalar.value:
        case None:
            return "nothing (null)"
        case str():
            return _text(scalar.text, path)
        case bool():
            return f"`{scalar.text}`"
        case _:
            return f"the number `{scalar.text[:_LONGEST]}`"


def path(parts: Iterable[str | int]) -> str:
    """Write where a value stands, as `rollout.batches[1]`."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}" if part else ""
    return text.removeprefix(".")


def _text(text: str, path: str) -> str:
    if not text:
        return "an empty text"
    if _SECRET_PATH.fullmatch(path) or len(text) > _LONGEST or "PRIVATE KEY" in text:
        return f"a text of {len(text)} characters"
    masked = _QUERY_PASSWORD.sub(r"\1***", _USERINFO.sub(r"\1***@", text))
    if path.endswith(".url"):
        masked = _BEFORE_HOST.sub("***@", masked)
    return f"`{_one_line(masked)}`"


def _one_line(text: str) -> str:
    return _UNPRINTED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
