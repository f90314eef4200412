"""Requirements installed by pip."""

from typing import Literal

from pydantic import Field

from deployer.core.command import Command, command
from deployer.core.model import Model
from deployer.core.values import OptionalLocalPath, RelativePath


class Pip(Model):
    """`pip` fills a virtual environment, which is reused while the requirements stay the same."""

    kind: Literal["pip"] = "pip"
    requirements: RelativePath = Field(
        default="requirements.txt", description="The requirements file in the app's folder."
    )
    require_hashes: bool = Field(default=False, description="Refuse requirements without a hash.")
    wheelhouse: OptionalLocalPath = Field(
        default="",
        description="A folder of wheels on this machine, sent once; then no index is asked.",
    )

    @property
    def locks(self) -> tuple[str, ...]:
        return (self.requirements,)

    def build(self, interpreter: str, wheelhouse: str) -> tuple[Command, ...]:
        """Make the environment with the standard library's venv, fill it with its pip."""
        offline = ("--no-index", "--find-links", wheelhouse) if wheelhouse else ()
        hashes = ("--require-hashes",) if self.require_hashes else ()
        pip = ("{venv}/bin/python", "-m", "pip", "--disable-pip-version-check", "--no-input")
        requirements = ("-r", f"{{release}}/{self.requirements}")
        return (
            command(interpreter, "-m", "venv", "{venv}"),
            command(*pip, "install", "--quiet", "--no-cache-dir", *hashes, *offline, *requirements),
        )
