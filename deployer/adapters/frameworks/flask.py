"""Flask apps."""

from typing import Literal

from pydantic import Field

from deployer.adapters.probes import read_probe
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
        parts = ("alembic_state_probe.py", "alembic_changes_probe.py", "alembic_probe.py")
        return "\n".join(map(read_probe, parts)) if self.migrates else ""

    def migrate(self, python: str) -> Command | None:
        return command(python, "-m", "flask", "db", "upgrade") if self.migrates else None

    def collect_static(self, python: str) -> Command | None:
        return None

    @property
    def collect_script(self) -> str:
        return ""

    def checks(self, python: str) -> tuple[Command, ...]:
        return ()
