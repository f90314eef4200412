"""Scrub known secrets and control characters from what hosts print."""

from collections.abc import Iterable

from deployer.agent.text.secret_shapes import CONTROL, pattern


class Redactor:
    """Replaces every known secret, in the shapes it may take, by `***`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._pattern = pattern(secrets)

    def __call__(self, text: str) -> str:
        """Give the text without secrets, terminal escapes and control characters."""
        scrubbed = self._pattern.sub("***", text) if self._pattern else text
        clean = CONTROL.sub("", scrubbed)
        return self._pattern.sub("***", clean) if self._pattern else clean
