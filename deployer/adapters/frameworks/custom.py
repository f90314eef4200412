"""Apps of any framework: the commands are in the inventory."""

from typing import Literal

from pydantic import Field

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
