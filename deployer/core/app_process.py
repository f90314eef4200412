"""How a program of the app is run on a host: as its user, in its release, with its environment."""

from deployer.core.actions.programs import Run
from deployer.core.command import Command
from deployer.core.step import Target


def app_run(on: Target, command: Command, *, timeout: float, hint: str = "") -> Run:
    """Run a command of the app for the target's release."""
    return Run(
        command,
        user=on.app.name,
        folder=on.folder,
        env_files=env_files(on.folder),
        env=on.app.framework.env,
        timeout=timeout,
        hint=hint,
    )


def env_files(folder: str) -> tuple[str, ...]:
    """Give the environment files of a release, the ones that its unit reads."""
    return (f"{folder}/config/app.env", f"{folder}/config/release.env")


def app_python(on: Target) -> str:
    """Give the interpreter of the release."""
    return f"{on.folder}/venv/bin/python"
