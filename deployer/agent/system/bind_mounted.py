"""Run a program that sees one folder in the place of another; started as a script of its own.

    python3 -I -S bind_mounted.py SHADOW PLACE PROGRAM [WORD …]

The mount is made in a mount namespace of this process (unshare(2), mount(2)), so nobody else
sees it, and it is gone when the program ends.
"""

import ctypes
import os
import sys

_NEW_NAMESPACE = 0x00020000  # CLONE_NEWNS
_BIND = 4096  # MS_BIND
_RECURSIVE_PRIVATE = 16384 | (1 << 18)  # MS_REC | MS_PRIVATE
_WORDS = 4


def main(arguments: list[str]) -> None:
    """Mount and become the program; raises OSError."""
    if len(arguments) < _WORDS:
        raise SystemExit(2)
    shadow, place, *words = arguments[1:]
    library = ctypes.CDLL(None, use_errno=True)
    _check(library.unshare(_NEW_NAMESPACE))
    _check(library.mount(b"none", b"/", None, ctypes.c_ulong(_RECURSIVE_PRIVATE), None))
    folders = (shadow.encode(), place.encode())
    _check(library.mount(*folders, None, ctypes.c_ulong(_BIND), None))
    os.execvp(words[0], words)  # noqa: S606  words, never a shell line


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv)
