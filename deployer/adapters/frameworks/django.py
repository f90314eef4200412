"""Django apps."""

from typing import Literal

from pydantic import Field

from deployer.adapters.probes import joined
from deployer.core.command import Command, command
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

    @property
    def env(self) -> tuple[tuple[str, str], ...]:
        return (("DJANGO_SETTINGS_MODULE", self.settings),)

    @property
    def probe(self) -> str:
        text = joined("django_state", "django_fields", "django_changes", "django")
        early = joined("django_static", "django_early") if self.collects_static else ""
        return f"{text.replace('MIGRATES', repr(self.migrates))}\n{early}"

    @property
    def schema_probe(self) -> str:
        return joined("asked", "django_state", "django_asked") if self.migrates else ""

    def migrate(self, python: str) -> Command | None:
        return command(python, self.manage, "migrate", "--noinput") if self.migrates else None

    def collect_static(self, python: str) -> Command | None:
        """Collect into $STATIC_ROOT, also for a project whose settings name no STATIC_ROOT."""
        if not self.collects_static:
            return None
        return command(python, "-")

    @property
    def collect_script(self) -> str:
        return joined("django_setup", "django_static") + "\n_django_collect()\n"

    def checks(self, python: str) -> tuple[Command, ...]:
        return ()
