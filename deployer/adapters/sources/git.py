"""Code from a git repository."""

from typing import Literal, Self

from pydantic import Field, model_validator

from deployer.core.command import Command, command
from deployer.core.git_names import GitUrl, Revision, is_local, ssh_place
from deployer.core.model import Model, refuse_twins, refused_at
from deployer.core.network import HostKey
from deployer.core.values import OptionalRelativePath


class Git(Model):
    """A repository that each host fetches, or that is sent over our own SSH connection."""

    kind: Literal["git"] = "git"
    url: GitUrl = Field(
        default=".", description="The repository; `.` is this project (with `transport: push`)."
    )
    revision: Revision = Field(default="main", description="A branch, a tag or a commit.")
    transport: Literal["pull", "push"] = Field(
        default="pull", description="pull: the host fetches; push: sent over our SSH connection."
    )
    subdirectory: OptionalRelativePath = Field(
        default="", description="The folder in the repository that holds the app."
    )
    host_keys: tuple[HostKey, ...] = Field(
        default=(),
        description="Public keys that prove the forge to hosts that pull over SSH; `inv setup` "
        "brings them there.",
    )

    @model_validator(mode="after")
    def _a_local_repository_is_pushed(self) -> Self:
        if self.transport == "pull" and is_local(self.url):
            text = (
                "allowed: a URL that hosts can fetch, or `transport: push` for one on this machine"
            )
            raise refused_at("Git", (("url",), text))
        return self

    @model_validator(mode="after")
    def _host_keys_are_of_use(self) -> Self:
        refuse_twins("Git", host_keys=self.host_keys)
        if self.host_keys and (self.transport == "push" or not ssh_place(self.url)):
            text = "allowed: only with `transport: pull` from an ssh URL"
            raise refused_at("Git", (("host_keys",), text))
        return self

    @property
    def known_hosts(self) -> tuple[str, ...]:
        return tuple(f"{ssh_place(self.url)} {key}" for key in self.host_keys)

    def fetch(self, repository: str, revision: str) -> tuple[Command, ...]:
        """Mirror all branches and tags, then insist on the pinned commit."""
        git = ("git", "-C", repository)
        heads, tags = "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"
        return (
            command(*git, "fetch", "--quiet", "--prune", "--end-of-options", self.url, heads, tags),
            command(*git, "cat-file", "-e", f"{revision}^{{commit}}"),
        )
