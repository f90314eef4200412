"""Numbers as they are typed after a flag, and as they are shown."""

import re

from deployer.errors import UsageError

_UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0}


def whole_number(text: str, flag: str, *, usual: int, most: int) -> int:
    """Read a number from 1 to `most`; "" means the usual one. Raises UsageError."""
    if not text:
        return usual
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= most:
        raise UsageError(
            f"`{flag} {text}` is no number from 1 to {most}.",
            hint=f"leave it out for {usual}",
        )
    return int(text)


def length_of_time(text: str, flag: str) -> float:
    """Read `90m`, `26h` or `2d`; gives seconds, 0 for "". Raises UsageError."""
    if not text:
        return 0.0
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)
    if not found:
        raise UsageError(
            f"`{flag} {text}` is no length of time.", hint=f"write it like `{flag} 26h` (m, h, d)"
        )
    return float(found.group(1)) * _UNITS[found.group(2)]


def age_text(seconds: float) -> str:
    """Say how old something is, in its largest fitting unit."""
    for unit, length in (("d", 2 * 86_400.0), ("h", 2 * 3600.0), ("m", 2 * 60.0)):
        if seconds >= length:
            return f"{seconds / _UNITS[unit]:.0f} {'min' if unit == 'm' else unit}"
    return f"{seconds:.0f} s"
