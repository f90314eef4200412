"""What a deploy would change in a file, as a unified diff; values of secret files never appear."""

import difflib
import re
from collections.abc import Iterator

_ENTRY = re.compile(r'^([A-Za-z_][A-Za-z0-9_]*)=("(?:[^"\\]|\\.)*")\n?', re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^#.*\n?", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKS = {"equal": (" ", ""), "delete": ("-", ""), "insert": ("", "+"), "replace": ("-", "+")}

_Entry = tuple[str, str]


def difference(path: str, present: bytes | None, wanted: bytes | None, *, secret: bool) -> str:
    """Give the unified diff from what is there to what is wanted; None means no file.

    Of a secret file (an environment file) only the names of the variables are shown.
    """
    if present == wanted:
        return ""
    head = (_head("---", path, present), _head("+++", path, wanted))
    body = _masked(present, wanted) if secret else _plain(present, wanted)
    return "".join((*head, *body))


def _head(mark: str, path: str, content: bytes | None) -> str:
    return f"{mark} {path if content is not None else '/dev/null'}\n"


def _plain(present: bytes | None, wanted: bytes | None) -> Iterator[str]:
    lines = difflib.unified_diff(_lines(present), _lines(wanted), n=3)
    for line in list(lines)[2:]:  # the two lines of its own head
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes | None) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", _text(content))  # not at \v, U+2028 and such


def _text(content: bytes | None) -> str:
    text = (content or b"").decode(errors="backslashreplace")
    return _CONTROL.sub(lambda sign: f"\\x{ord(sign[0]):02x}", text)


def _masked(present: bytes | None, wanted: bytes | None) -> Iterator[str]:
    old, new = _entries(present), _entries(wanted)
    for change, old_start, old_end, new_start, new_end in difflib.SequenceMatcher(
        a=old, b=new, autojunk=False
    ).get_opcodes():
        minus, plus = _MARKS[change]
        yield from _names(minus, old[old_start:old_end])
        yield from _names(plus, new[new_start:new_end])


def _names(mark: str, entries: list[_Entry]) -> Iterator[str]:
    return (f"{mark}{name}=***\n" for name, _ in entries if mark)


def _entries(content: bytes | None) -> list[_Entry]:
    text = (content or b"").decode(errors="backslashreplace")
    rest = _COMMENT.sub("", _ENTRY.sub("", text)).strip()
    return [*_ENTRY.findall(text), *([("(other lines)", rest)] if rest else [])]
