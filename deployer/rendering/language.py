"""Which language a template's file is written in, by the first folder of the template's name."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from deployer.rendering.escape import (
    EnvText,
    Escaped,
    HtmlText,
    NginxText,
    PythonText,
    SudoersText,
    UnitText,
    Word,
)

OWN = "deployer/"
"""With this in front, a template's name means ours, also where a project has its own."""


@dataclass(frozen=True, slots=True)
class Language:
    """What a file takes: text of these types and whole numbers, nothing else."""

    name: str
    text: type[Escaped]
    accepts: tuple[type[Escaped], ...]
    filters: str


PLAIN = Language("a plain file", Word, (Word,), "`|word`")

_BY_FOLDER: Mapping[str, Language] = MappingProxyType(
    {
        "systemd": Language(
            "a systemd unit", UnitText, (UnitText, Word), "`|systemd` (a quoted word) or `|word`"
        ),
        "nginx": Language(
            "an nginx configuration",
            NginxText,
            (NginxText, Word),
            "`|nginx` (a quoted word) or `|word`",
        ),
        "gunicorn": Language("Python", PythonText, (PythonText,), "`|python`"),
        "env": Language("an environment file", EnvText, (EnvText, Word), "`|env` or `|word`"),
        "pages": Language("an HTML page", HtmlText, (HtmlText, Word), "`|html` or `|word`"),
        "sudoers": Language("a sudoers file", SudoersText, (SudoersText,), "`|sudoers`"),
    }
)


def language_of(name: str) -> Language:
    """Give the language of a template; a folder that we do not know takes plain words only."""
    return _BY_FOLDER.get(name.removeprefix(OWN).partition("/")[0], PLAIN)
