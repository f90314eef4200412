"""Django apps."""

from typing import Literal

from pydantic import Field

from deployer.core.model import Model
from deployer.core.values import DottedName, RelativePath


class Django(Model):
    """A Django project with its `manage.py`."""

    kind: Literal["django"] = "django"
    settings: DottedName = Field(description="The settings module, such as `shop.settings`.")
    manage: RelativePath = Field(
        default="manage.py", description="The project's manage.py in the app's folder."
    )
    collects_static: bool = Field(
        default=True, alias="collect_static", description="Collect static files."
    )
    migrates: bool = Field(default=True, alias="migrate", description="Apply migrations.")
