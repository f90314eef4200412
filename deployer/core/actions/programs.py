"""Programs and what they get."""

from dataclasses import dataclass, field

from deployer.core.command import Command


@dataclass(frozen=True, slots=True)
class Run:
    """Run one program; any exit code but 0 fails the step.

    With `user`, the agent drops to that user first. `env_files` are read by the agent as root,
    in the format of systemd's EnvironmentFile=, and only their values reach the program.
    With `keep`, its output (JSON, at most 1 MiB) comes back as a result under that name.
    """

    command: Command
    user: str = ""
    folder: str = "/"
    env_files: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    stdin: bytes = field(default=b"", repr=False)
    timeout: float = 300.0
    keep: str = ""
    hint: str = ""
