"""Scripts that run on hosts inside the app's own environment, never here."""

from functools import cache
from importlib.resources import files


@cache  # each host is sent the same ones
def read_probe(name: str) -> str:
    """Give the text of a script of this folder."""
    return (files(__name__) / name).read_text()


def joined(*parts: str) -> str:
    """Give one script made of several parts, each named without `_probe.py`."""
    return "\n".join(read_probe(f"{part}_probe.py") for part in parts)
