"""Name the exception that ended a program, so that a person need not search its output."""

import re
from collections.abc import Sequence

_EXCEPTION = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Warning)?: .+")
_ERROR = re.compile(r"(?:ERROR|error|fatal): .+")
_LONGEST = 300


def with_reason(cause: str, log: Sequence[str]) -> str:
    """Add the last exception or error line of a log to a cause that does not name it yet."""
    for pattern in (_EXCEPTION, _ERROR):
        found = [line.strip() for line in log if pattern.fullmatch(line.strip())]
        if found:
            reason = found[-1][:_LONGEST]
            return cause if reason in cause else f"{cause}: {reason}"
    return cause
