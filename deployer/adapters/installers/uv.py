"""Requirements installed by uv."""

from typing import Literal

from pydantic import Field

from deployer.core.command import Command, command
from deployer.core.model import Model
from deployer.core.values import OptionalLocalPath, RelativePath


class Uv(Model):
    """`uv` fills a virtual environment, which is reused while the requirements stay the same."""

    kind: Literal["uv"] = "uv"
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
        """Make and fill the environment with the host's own uv."""
        uv = ("uv", "--quiet", "--no-cache")  # the app's user has no home to keep one in
        offline = ("--no-index", "--find-links", wheelhouse) if wheelhouse else ()
        hashes = ("--require-hashes",) if self.require_hashes else ()
        python = ("--python", "{venv}/bin/python")
        requirements = ("-r", f"{{release}}/{self.requirements}")
        return (
            command(*uv, "venv", "--no-project", "--python", interpreter, "{venv}"),
            command(
                *uv,
                *("pip", "install", "--compile-bytecode"),  # the app may not write it later
                *python,
                *hashes,
                *offline,
                *requirements,
            ),
        )
