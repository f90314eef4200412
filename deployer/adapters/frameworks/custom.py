"""Apps of any framework: the commands are in the inventory."""

from typing import Literal

from pydantic import Field

from deployer.adapters.probes import read_probe
from deployer.core.command import Command
from deployer.core.model import Model
from deployer.core.values import Word


class Custom(Model):
    """Commands as lists of words, run in the release as the app's user; empty means none."""

    kind: Literal["custom"] = "custom"
    check_words: tuple[Word, ...] = Field(
        default=(), alias="check", description="Fails if the code is broken."
    )
    migrate_words: tuple[Word, ...] = Field(
        default=(), alias="migrate", description="Applies migrations."
    )
    pending_words: tuple[Word, ...] = Field(
        default=(),
        alias="pending",
        description="Prints pending migrations, one a line; nothing if there are none.",
    )
    collect_static_words: tuple[Word, ...] = Field(
        default=(), alias="collect_static", description="Fills the static folder."
    )

    @property
    def env(self) -> tuple[tuple[str, str], ...]:
        return ()

    @property
    def probe(self) -> str:
        words = repr(list(self.pending_words))
        return read_probe("pending_probe.py").replace("WORDS", words) if self.pending_words else ""

    @property
    def schema_probe(self) -> str:
        return ""

    def migrate(self, python: str) -> Command | None:
        return Command(self.migrate_words) if self.migrate_words else None

    def collect_static(self, python: str) -> Command | None:
        return Command(self.collect_static_words) if self.collect_static_words else None

    @property
    def collect_script(self) -> str:
        return ""

    def checks(self, python: str) -> tuple[Command, ...]:
        return (Command(self.check_words),) if self.check_words else ()
