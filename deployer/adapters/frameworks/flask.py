"""Flask apps."""

from typing import Literal

from pydantic import Field

from deployer.adapters.probes import joined
from deployer.core.command import Command, command
from deployer.core.model import Model
from deployer.core.values import ModuleAttribute


class Flask(Model):
    """A Flask app; migrations are those of Flask-Migrate."""

    kind: Literal["flask"] = "flask"
    app: ModuleAttribute = Field(default="app:app", description="The app, as `flask --app` has it.")
    migrates: bool = Field(
        default=False, alias="migrate", description="Apply migrations (Flask-Migrate)."
    )

    @property
    def env(self) -> tuple[tuple[str, str], ...]:
        return (("FLASK_APP", self.app),)

    @property
    def probe(self) -> str:
        return joined("alembic_state", "alembic_changes", "alembic") if self.migrates else ""

    @property
    def schema_probe(self) -> str:
        return joined("asked", "alembic_state", "alembic_asked") if self.migrates else ""

    def migrate(self, python: str) -> Command | None:
        return command(python, "-m", "flask", "db", "upgrade") if self.migrates else None

    def collect_static(self, python: str) -> Command | None:
        return None

    @property
    def collect_script(self) -> str:
        return ""

    def checks(self, python: str) -> tuple[Command, ...]:
        return ()
