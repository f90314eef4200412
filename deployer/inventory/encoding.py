"""Bytes of an inventory file to text: UTF-8 and nothing else, with the other encodings named."""

import codecs

from deployer.inventory.tree import Mark, Problem

LARGEST = 262_144
"""Bytes of one inventory file: a thousand hosts, and read within a second."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF8, "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def decoded(data: bytes, file: str) -> str | Problem:
    """Give the text, or the one problem that keeps the file from being read."""
    start = Mark(file, 1, 1)
    if len(data) > LARGEST:
        return Problem(start, "", f"the file is {len(data)} bytes, allowed: {LARGEST}")
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Problem(start, "", f"the file is {name}: save it as plain UTF-8")
    if b"\0" in data:
        where = data.index(b"\0")
        text = "a NUL byte; if this is UTF-16, save it as UTF-8"
        return Problem(_mark(data, where, file), "", text)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = f"byte 0x{data[error.start]:02X} is not UTF-8 (is it Latin-1?): save it as UTF-8"
        return Problem(_mark(data, error.start, file), "", text)


def _mark(data: bytes, where: int, file: str) -> Mark:
    before = data[:where].decode("utf-8", "replace")
    return Mark(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
