"""Which environment a command is about."""

import re
from collections.abc import Mapping
from pathlib import Path

from deployer.core.model import did_you_mean
from deployer.errors import UsageError

_NAME = r"[a-z0-9][a-z0-9_-]{0,31}"
_NOT_AN_ENVIRONMENT = {"base"}
_NOT_CHOSEN_ALONE = {"base", "example"}


def environments(folder: Path) -> tuple[str, ...]:
    """Name the environments of a folder of inventories."""
    names = (file.stem for file in folder.glob("*.yaml") if file.is_file())
    return tuple(
        sorted(n for n in names if re.fullmatch(_NAME, n) and n not in _NOT_AN_ENVIRONMENT)
    )


def choose_environment(given: str | None, environ: Mapping[str, str], folder: Path) -> str:
    """Take `--env`, else DEPLOYER_ENV, else the only environment; raises UsageError."""
    known = environments(folder)
    if given is not None:
        return _known(given, "--env", known, folder)
    if "DEPLOYER_ENV" in environ:
        return _known(environ["DEPLOYER_ENV"], "DEPLOYER_ENV", known, folder)
    real = [name for name in known if name not in _NOT_CHOSEN_ALONE]
    if len(real) == 1:
        return real[0]
    if not real:
        raise UsageError(f"There is no inventory in `{folder}`.", hint="Run `inv init`.")
    raise UsageError(
        f"Several environments are possible: {', '.join(real)}.",
        hint=f"Name one, such as `--env {real[0]}`, or set DEPLOYER_ENV.",
    )


def _known(name: str, origin: str, known: tuple[str, ...], folder: Path) -> str:
    if name in known:
        return name
    choices = ", ".join(known) or "none yet"
    if not re.fullmatch(_NAME, name):
        raise UsageError(
            f"{origin} is {name!r}, which is no name of an environment.",
            hint=f"Environments in `{folder}`: {choices}.",
        )
    raise UsageError(
        f"There is no environment `{name}`: `{folder / name}.yaml` does not exist"
        f"{did_you_mean(name, known)}".rstrip("?")
        + ".",
        hint=f"Environments in `{folder}`: {choices}.",
    )
