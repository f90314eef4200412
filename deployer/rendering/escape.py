"""How a value is written in the language of the file that it lands in.

Each function gives a type of its own. A file takes only the types of its language (`language.py`),
so a value that was not escaped, or escaped for another language, is never written.
What a language cannot say is refused; the message never holds the value, which may be a secret.
"""

import math
import re
from html import escape as escape_html

_LONGEST_VARIABLE = 131_072 - 130  # Linux takes 128 KiB for `NAME=value` and its end (execve(2))
_WORD = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./@:+-]*")
_CALENDAR = re.compile(r"[A-Za-z0-9*](?:[A-Za-z0-9 *:/,.~_+-]*[A-Za-z0-9*])?")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Surrogates are no text; systemd drops a line with one of Unicode's noncharacters (basic/utf8.c).
_NO_TEXT = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


class Unwritable(ValueError):
    """A value that the language of a file cannot say; the text is a sentence without the value."""


class Escaped(str):
    """Text that is safe in one language; only the functions below make it."""

    __slots__ = ()


class UnitText(Escaped):
    """Safe in a systemd unit."""

    __slots__ = ()


class NginxText(Escaped):
    """Safe in an nginx configuration."""

    __slots__ = ()


class PythonText(Escaped):
    """Safe in Python."""

    __slots__ = ()


class EnvText(Escaped):
    """Safe as the value of a line in an environment file."""

    __slots__ = ()


class HtmlText(Escaped):
    """Safe as text, or as a quoted attribute, of an HTML page."""

    __slots__ = ()


class SudoersText(Escaped):
    """Safe in a sudoers file."""

    __slots__ = ()


class Word(Escaped):
    """A name or path of signs that mean nothing in any of the languages but Python."""

    __slots__ = ()


def word(value: object) -> Word:
    """Give a name or path as it is; it holds only letters, digits and `_ . / @ : + -`."""
    text = _text(value)
    if not _WORD.fullmatch(text):
        raise Unwritable("the value has signs that `|word` refuses: it is no plain name or path")
    return Word(text)


def systemd(value: object) -> UnitText:
    r"""Give one quoted word of a unit: `%` doubled, `"` and `\` escaped (systemd.syntax(7)).

    `$` is refused: only command lines expand it, so no spelling is right in all settings.
    """
    text = _without_controls(_text(value), "a systemd unit")
    if "$" in text:
        raise Unwritable("a value with `$` cannot be written in a systemd unit: use the env file")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return UnitText(f'"{escaped}"')


def systemd_replica(value: object) -> UnitText:
    """Give one quoted word of a unit; `{replica}` in it is the number of the copy (`%i`)."""
    return UnitText(systemd(value).replace("{replica}", "%i"))


def calendar(value: object) -> UnitText:
    """Give a calendar event of a timer (systemd.time(7)), which is written without quotes."""
    text = _text(value)
    if not _CALENDAR.fullmatch(text):
        raise Unwritable("the value is no calendar event of systemd")
    return UnitText(text)


def nginx(value: object) -> NginxText:
    """Give one quoted word of an nginx configuration; it has no way to write `$` as a sign."""
    text = _without_controls(_text(value), "an nginx configuration")
    if "$" in text:
        raise Unwritable("a value with `$` cannot be written in an nginx configuration")
    if text.startswith("~"):
        raise Unwritable("a value that starts with `~` would be a pattern in nginx")
    return NginxText(_nginx_quoted(text))


def nginx_pattern(value: object) -> NginxText:
    """Give one quoted word of nginx: a pattern for text that starts with this value."""
    text = _without_controls(_text(value), "an nginx configuration")
    if "$" in text:
        raise Unwritable("a value with `$` cannot be written in an nginx configuration")
    return NginxText(_nginx_quoted(f"^{re.escape(text)}(.*)$"))


def python(value: object) -> PythonText:
    """Give a Python literal of text, numbers, booleans, None, and tuples of them."""
    return PythonText(_literal(value))


def env(value: object) -> EnvText:
    r"""Give a quoted value of an environment file: any text, `\ " $` and backquote escaped.

    systemd and `sh` read it back byte for byte (systemd.exec(5), EnvironmentFile=).
    """
    text = _text(value)
    if "\0" in text:
        raise Unwritable("a value with a NUL sign cannot be an environment variable")
    if len(text.encode()) > _LONGEST_VARIABLE:
        raise Unwritable("a value of more than 127 KiB cannot be an environment variable")
    return EnvText('"' + re.sub(r'[\\"$`]', r"\\\g<0>", text) + '"')


def html(value: object) -> HtmlText:
    """Give text for an HTML page; `<`, `>`, `&` and quotes are what they look like."""
    text = _text(value)
    _without_controls(text, "an HTML page")
    return HtmlText(escape_html(text, quote=True))


def sudoers(value: object) -> SudoersText:
    """Give the name of a user; nothing else has a place in our sudoers file."""
    text = _text(value)
    if not _USER.fullmatch(text) or text == "ALL":
        raise Unwritable("the value is no user name that may stand in a sudoers file")
    return SudoersText(text)


def _text(value: object) -> str:
    if isinstance(value, Escaped):
        raise Unwritable("the value is already escaped: one filter is enough")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unwritable(f"a {type(value).__name__} is no text")
    text = str(value)
    if _NO_TEXT.search(text):
        raise Unwritable("the value holds code points that are no text (surrogates, U+FFFE, …)")
    return text


def _without_controls(text: str, language: str) -> str:
    if _CONTROL.search(text):
        raise Unwritable(f"a value with control characters cannot be written in {language}")
    return text


def _nginx_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _literal(value: object) -> str:
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)
    if isinstance(value, tuple):
        return "(" + "".join(f"{_literal(item)}, " for item in value) + ")"
    return ascii(_text(value))
