"""Hosts: where they are, what they are for, and how they are reached."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from deployer.core.model import Model, refuse_twins, refused_at
from deployer.core.network import Address, HostKey, JumpHost
from deployer.core.quantities import Duration, Pause, Port
from deployer.core.values import HostName, LocalPath, Python, Role, UserName

BALANCER = "balancer"
"""The role of hosts that run no app and hand requests to those that do."""


class Balance(Model):
    """How a host stands to the balancer."""

    weight: Annotated[int, Field(ge=1, le=256)] = Field(
        default=1, description="Its share of the requests, beside those of the others."
    )
    backup: bool = Field(
        default=False, description="It gets requests only when no other host can take them."
    )
    address: Address | None = Field(
        default=None,
        description="Where the balancer reaches it (of a balancer: from where it comes), if not "
        "at its `address`.",
    )


class Host(Model):
    """A machine that runs the app, or a balancer in front of those."""

    set_by_loader: ClassVar[frozenset[str]] = frozenset({"name"})

    name: HostName = Field(description="The key under `hosts`; set by the loader.")
    address: Address = Field(description="A DNS name or an IP address, nothing more.")
    port: Port | None = Field(default=None, description="The SSH port, if not that of `ssh`.")
    user: UserName | None = Field(default=None, description="The SSH user, if not that of `ssh`.")
    roles: Annotated[tuple[Role, ...], Field(min_length=1)] = Field(
        default=("web",), description="What the host is for; one with `migrate` runs migrations."
    )
    host_keys: tuple[HostKey, ...] = Field(
        default=(), description="Public keys that prove the host: `ssh-ed25519 AAAA…`."
    )
    python: Python | None = Field(default=None, description="The interpreter, if not the app's.")
    balance: Balance = Field(
        default_factory=Balance, description="How it stands to the balancer, if there is one."
    )

    @model_validator(mode="after")
    def _no_twins(self) -> Self:
        refuse_twins("Host", roles=self.roles, host_keys=self.host_keys)
        return self

    @property
    def is_balancer(self) -> bool:
        """Whether it only hands requests to others, and runs no app."""
        return BALANCER in self.roles

    @property
    def is_web(self) -> bool:
        """Whether a balancer sends requests to it."""
        return "web" in self.roles

    @property
    def traffic_address(self) -> str:
        """Its address as a balancer and the web hosts see it."""
        return self.balance.address or self.address


class Ssh(Model):
    """How hosts are reached."""

    user: UserName = Field(default="deploy", description="The user that deploys.")
    setup_user: UserName | None = Field(
        default=None, description="The user of `inv setup` on a bare host, if another one."
    )
    port: Port = Field(default=22, description="The SSH port of hosts that name none.")
    identity: LocalPath | None = Field(default=None, description="A private key file here.")
    jump: JumpHost | None = Field(
        default=None, description="A host in between: `user@host:port`, user and port optional."
    )
    jump_host_keys: tuple[HostKey, ...] = Field(
        default=(), description="Public keys that prove the host in between."
    )
    host_ca: tuple[HostKey, ...] = Field(
        default=(), description="Public keys of authorities that sign host keys."
    )
    known_hosts: LocalPath | None = Field(
        default=None, description="A known_hosts file here, besides the keys of each host."
    )
    connect_timeout: Duration = Field(default=10.0, description="How long to wait for a host.")
    reconnect_timeout: Pause = Field(
        default=90.0,
        description="How long a host whose link was lost in a run is tried again.",
    )

    @model_validator(mode="after")
    def _keys_have_a_jump(self) -> Self:
        if self.jump_host_keys and self.jump is None:
            raise refused_at("Ssh", (("jump_host_keys",), "allowed: only together with `jump`"))
        return self
