"""PostgreSQL."""

from typing import Literal

from pydantic import Field, field_validator

from deployer.core.actions.backups import DumpPostgres
from deployer.core.backup_choice import BackupChoice
from deployer.core.database_url import POSTGRES, URL_VARIABLE, sound_url
from deployer.core.release import Layout
from deployer.core.secret import EnvValue, SecretReference


class Postgres(BackupChoice):
    """A PostgreSQL database, backed up by `pg_dump`."""

    kind: Literal["postgres"] = "postgres"
    url: EnvValue = Field(description="`postgresql://user@host/name`, or {secret: NAME}.")

    @field_validator("url")
    @classmethod
    def _sound(cls, url: str | SecretReference) -> str | SecretReference:
        return sound_url(url, POSTGRES)

    def dump(self, layout: Layout, folder: str) -> DumpPostgres:
        """Dump with the URL that the release was deployed with; it travels in a root-only file."""
        return DumpPostgres(
            user=layout.app,
            env_files=(f"{folder}/config/database.env",),
            url_variable=URL_VARIABLE,
        )

    @property
    def is_local(self) -> bool:
        return False
