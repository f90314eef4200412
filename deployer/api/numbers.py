"""Numbers as they are typed after a flag."""

from deployer.errors import UsageError


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
