"""Scripts that run on hosts inside the app's own environment, never here."""

from importlib.resources import files


def read_probe(name: str) -> str:
    """Give the text of a script of this folder."""
    return (files(__name__) / name).read_text()
