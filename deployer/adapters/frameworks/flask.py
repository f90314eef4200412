"""Flask apps."""

from typing import Literal

from pydantic import Field

from deployer.core.model import Model
from deployer.core.values import ModuleAttribute


class Flask(Model):
    """A Flask app; migrations are those of Flask-Migrate."""

    kind: Literal["flask"] = "flask"
    app: ModuleAttribute = Field(default="app:app", description="The app, as `flask --app` has it.")
    migrates: bool = Field(
        default=False, alias="migrate", description="Apply migrations (Flask-Migrate)."
    )
