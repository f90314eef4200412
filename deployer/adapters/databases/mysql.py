"""MariaDB and MySQL."""

from typing import Literal

from pydantic import Field, field_validator

from deployer.core.actions.backups import DumpMysql
from deployer.core.backup_choice import BackupChoice
from deployer.core.database_url import MYSQL, URL_VARIABLE, sound_url
from deployer.core.release import Layout
from deployer.core.secret import EnvValue, SecretReference


class Mysql(BackupChoice):
    """A MariaDB or MySQL database, backed up by `mariadb-dump` or `mysqldump`."""

    kind: Literal["mysql"] = "mysql"
    url: EnvValue = Field(
        description="`mysql://user@host/name` (or `mariadb://`, …), or {secret: NAME}."
    )

    @field_validator("url")
    @classmethod
    def _sound(cls, url: str | SecretReference) -> str | SecretReference:
        return sound_url(url, MYSQL)

    def dump(self, layout: Layout, folder: str) -> DumpMysql:
        """Dump with the URL that the release was deployed with; it travels in a root-only file."""
        return DumpMysql(
            user=layout.app,
            env_files=(f"{folder}/config/database.env",),
            url_variable=URL_VARIABLE,
        )

    @property
    def is_local(self) -> bool:
        return False
