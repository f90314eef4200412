"""`NAME=value` lines, as in .env files: read, never run, nothing expanded."""

import re

from deployer.errors import UsageError

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\s+#.*)?')
_SINGLE = re.compile(r"'([^']*)'(?:\s+#.*)?")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$", "`": "`"}


def read_dotenv(text: str, origin: str) -> dict[str, str]:
    """Give the values by name; the last of two wins, as in a shell. Raises UsageError."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        value = _value(match[2]) if match else None
        if match is None or value is None:
            raise UsageError(
                f"Line {number} of {origin} is not `NAME=value`.",
                hint="Values with spaces or `#` stand in quotes; a quote ends on its line.",
            )
        values[match[1]] = value
    return values


def _value(written: str) -> str | None:
    if match := _SINGLE.fullmatch(written):
        return match[1]
    if match := _DOUBLE.fullmatch(written):
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), match[1])
    if written[:1] in {"'", '"'}:
        return None
    return re.sub(r"(?:^|\s)#.*", "", written)
