"""What more goes into a backup, and where a copy of it goes."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from deployer.core.grammar import Grammar
from deployer.core.model import Model, refused
from deployer.core.network import HostKey
from deployer.core.quantities import Duration, Port
from deployer.core.values import OptionalRelativePath, RelativePath, RemoteFile, Word

_TARGET = (
    r"[a-z_][a-z0-9_-]{0,31}@(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])"
    r":/[A-Za-z0-9_.+@=,/-]{1,1000}"
)
_TIMEOUT = "How long the copy of one backup may take."


def _absolute(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words[0].startswith("/"):
        raise refused("allowed: a program by its absolute path on the host, then its words")
    return words


class CopyCommand(Model):
    """A program of the host's root copies each backup; `{backup}` stands for its folder."""

    kind: Literal["command"] = "command"
    words: Annotated[
        tuple[Word, ...], Field(min_length=1, max_length=100), AfterValidator(_absolute)
    ] = Field(description="Its absolute path and its words; `{backup}` and `{name}` are filled in.")
    timeout: Duration = Field(default=3600.0, description=_TIMEOUT)


class CopyRsync(Model):
    """`rsync` over SSH copies each backup into a folder on another machine."""

    kind: Literal["rsync"] = "rsync"
    target: Annotated[str, Grammar(_TARGET, "`user@host:/folder`")] = Field(
        description="The folder that holds the copies, `user@host:/folder`."
    )
    port: Port = Field(default=22, description="The port of its sshd.")
    identity: RemoteFile = Field(
        default="/root/.ssh/id_ed25519", description="Root's private key on the host."
    )
    host_keys: tuple[HostKey, ...] = Field(
        default=(), description="Its public host keys; without them the host's known_hosts count."
    )
    timeout: Duration = Field(default=3600.0, description=_TIMEOUT)


def _all_or_some(value: object) -> object:
    if isinstance(value, bool):
        return ("",) if value else ()
    if isinstance(value, tuple):
        return value
    raise refused("allowed: true, false, or a list of paths in the shared folder")


SharedPaths = Annotated[
    tuple[OptionalRelativePath, ...],
    BeforeValidator(_all_or_some, json_schema_input_type=bool | tuple[RelativePath, ...]),
]
"""Paths in the shared folder; true is all of it, which is the path ""."""


class BackupPolicy(Model):
    """What more goes into a backup, and where a copy of it goes."""

    shared: SharedPaths = Field(
        default=(),
        description="Also the shared files (uploads): `true` for all of them, or a list of paths.",
    )
    off_host: Annotated[CopyCommand | CopyRsync, Field(discriminator="kind")] | None = Field(
        default=None, alias="copy", description="How each backup gets to another machine."
    )
