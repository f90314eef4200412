r"""Environment files as systemd reads them (`EnvironmentFile=` in systemd.exec(5)).

`write` makes lines `NAME="value"` with `\\`, `\"`, `\$` and a backquote escaped; `read` follows
systemd's parser (`parse_env_file_internal` in src/basic/env-file.c) state by state, so that a
program that the agent starts gets what the unit gets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_BLANK = " \t\n\r"
_NEWLINE = "\n\r"
_ESCAPED = '"\\`$'
_COMMENT = "#;"


_State = Callable[[str], "_State"]


class NotWritable(ValueError):
    """A name or value that no environment file can hold."""


def write(variables: Iterable[tuple[str, str]]) -> bytes:
    """Give the file that holds these variables, in their order."""
    lines = (f'{_name(name)}="{_quoted(name, value)}"\n' for name, value in variables)
    return "".join(lines).encode()


def read(content: bytes) -> dict[str, str]:
    """Give the variables of a file; of a name that comes twice, the last."""
    return _Reader().read(content.decode())


def _name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise NotWritable(f"`{name}` is not the name of an environment variable")
    return name


def _quoted(name: str, value: str) -> str:
    if "\0" in value:
        raise NotWritable(f"the value of `{name}` holds a NUL character")
    return "".join("\\" + sign if sign in _ESCAPED else sign for sign in value)


class _Reader:
    """The state machine; each method takes one character and names the next state."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}
        self._key = ""
        self._value = ""
        self._bare = 0  # the length of the value up to its last character that is no blank

    def read(self, content: str) -> dict[str, str]:
        step: _State = self._before_key
        for sign in content:
            step = step(sign)
        if step not in (self._before_key, self._in_key, self._comment, self._comment_escape):
            self._finish(step == self._bare_value)
        return self._found

    def _before_key(self, sign: str) -> _State:
        if sign in _COMMENT:
            return self._comment
        if sign in _BLANK:
            return self._before_key
        self._key = sign
        return self._in_key

    def _in_key(self, sign: str) -> _State:
        if sign in _NEWLINE:
            return self._before_key
        if sign == "=":
            self._value = ""
            self._bare = 0
            return self._before_value
        self._key += sign
        return self._in_key

    def _before_value(self, sign: str) -> _State:
        if sign in _NEWLINE:
            return self._finish(chomp=False)
        if sign in _BLANK:
            return self._before_value
        opened = {"'": self._single, '"': self._double, "\\": self._bare_escape}.get(sign)
        return opened or self._bare_value(sign)

    def _bare_value(self, sign: str) -> _State:
        if sign in _NEWLINE:
            return self._finish(chomp=True)
        if sign == "\\":
            self._bare = len(self._value)
            return self._bare_escape
        self._value += sign
        if sign not in _BLANK:
            self._bare = len(self._value)
        return self._bare_value

    def _bare_escape(self, sign: str) -> _State:
        if sign not in _NEWLINE:
            self._value += sign
            self._bare = len(self._value)
        return self._bare_value

    def _single(self, sign: str) -> _State:
        if sign == "'":
            return self._before_value
        self._value += sign
        return self._single

    def _double(self, sign: str) -> _State:
        if sign == '"':
            return self._before_value
        if sign == "\\":
            return self._double_escape
        self._value += sign
        return self._double

    def _double_escape(self, sign: str) -> _State:
        if sign in _ESCAPED:
            self._value += sign
        elif sign != "\n":
            self._value += "\\" + sign
        return self._double

    def _comment(self, sign: str) -> _State:
        if sign == "\\":
            return self._comment_escape
        return self._before_key if sign in _NEWLINE else self._comment

    def _comment_escape(self, sign: str) -> _State:
        return self._comment

    def _finish(self, chomp: bool) -> _State:  # noqa: FBT001  the two ways a value ends
        self._found[self._key.rstrip(_BLANK)] = self._value[: self._bare] if chomp else self._value
        return self._before_key
