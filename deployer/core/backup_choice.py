"""When a database is backed up, and why not: to switch backups off takes a reason."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from deployer.core.grammar import Grammar
from deployer.core.model import Model, refused_at

Reason = Annotated[
    str,
    Grammar(r"(?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]{10,200})?", "a reason in 10 to 200 characters"),
]
"""Why something that keeps data safe is switched off, which everybody reads; "" when it is not."""

WITHOUT = "Why this database is migrated without a backup; needed to switch backups off."


class BackupChoice(Model):
    """A database and when it is backed up."""

    backup: Literal["always", "before-migrate", "never"] = Field(
        default="always", description="When a deploy backs the database up."
    )
    without_backup: Reason = Field(default="", description=WITHOUT)

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        off = self.backup == "never"
        if off and not self.without_backup:
            text = "allowed: only together with `without_backup: <the reason>`"
            raise refused_at("Database", (("backup",), text))
        if self.without_backup and not off:
            raise refused_at("Database", (("without_backup",), "allowed: with `backup: never`"))
        return self
