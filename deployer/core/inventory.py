"""What an environment is: one app, its hosts, and how a deploy goes about them."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from deployer.core.app import App
from deployer.core.backup_policy import BackupPolicy
from deployer.core.balanced import misfits
from deployer.core.host import Host, Ssh
from deployer.core.model import Model, Place, refused_at
from deployer.core.plugin import Plugged
from deployer.core.ports import Balancer
from deployer.core.processes import nowhere
from deployer.core.rollout import Rollout
from deployer.core.secret import EnvSecrets, SecretReference, SecretsSource
from deployer.core.values import EnvironmentName, HostName

__all__ = ["App", "Host", "Inventory", "Retention", "Rollout", "SecretReference", "Ssh"]


class BackupRetention(Model):
    """Which backups are kept."""

    days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=7, description="Younger backups are kept."
    )
    at_least: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=3, description="This many verified backups are kept whatever their age."
    )


class Retention(Model):
    """What prune leaves."""

    releases: Annotated[int, Field(ge=2, le=100)] = Field(
        default=5, description="How many good releases are kept on each host."
    )
    backups: BackupRetention = Field(
        default_factory=BackupRetention, description="Which backups are kept."
    )


_BALANCED: tuple[int | str, ...] = (1, "25%")


def _named(hosts: object) -> object:
    if not isinstance(hosts, Mapping):
        return hosts
    given = [
        ((key, "name"), "the key is the name: leave `name` out")
        for key, host in hosts.items()
        if isinstance(host, Mapping) and "name" in host
    ]
    if given:
        raise refused_at("hosts", *given)
    return {
        key: {"name": key, **host} if isinstance(host, Mapping) else host
        for key, host in hosts.items()
    }


class Inventory(Model):
    """An environment as its files say it; nothing here was asked of a host."""

    set_by_loader: ClassVar[frozenset[str]] = frozenset({"environment"})

    environment: EnvironmentName = Field(description="The file's name; set by the loader.")
    app: App = Field(description="The app and its parts.")
    secrets: SecretsSource = Field(
        default_factory=EnvSecrets, description="Where the values of secrets come from."
    )
    hosts: Annotated[
        Mapping[HostName, Host], Field(min_length=1, max_length=1000), BeforeValidator(_named)
    ] = Field(description="The hosts by name, in the order in which they are deployed.")
    balancer: Annotated[Balancer, Plugged("balancers")] | None = Field(
        default=None, description="What hands requests to the web hosts, if there is one."
    )
    ssh: Ssh = Field(default_factory=Ssh, description="How hosts are reached.")
    protected: bool = Field(
        default=False, description="Ask before a change; without a terminal want `--yes`."
    )
    rollout: Rollout = Field(
        default_factory=Rollout, description="In which batches, and who goes back."
    )
    backup: BackupPolicy = Field(
        default_factory=BackupPolicy, description="What more is backed up, and copied where."
    )
    retention: Retention = Field(default_factory=Retention, description="What prune leaves.")

    @model_validator(mode="after")
    def _hosts_differ(self) -> Self:
        misfitting = misfits(tuple(self.hosts.values()), self.balancer, self.app.web_server)
        unknown_roles = nowhere(self.app.processes, self.app.timers, self.hosts)
        wrong = [*self._same_address(), *self._like_a_role(), *misfitting, *unknown_roles]
        if wrong:
            raise refused_at("Inventory", *wrong)
        return self

    @property
    def batch_sizes(self) -> tuple[int | str, ...]:
        """The sizes of the batches: with a balancer, if none are given, first one host, then more.

        So most hosts serve while some are left out.
        """
        if self.balancer is None or "batches" in self.rollout.model_fields_set:
            return self.rollout.batches
        return _BALANCED

    @property
    def app_hosts(self) -> tuple[Host, ...]:
        """The hosts that run the app, in the order in which they are deployed."""
        return tuple(host for host in self.hosts.values() if not host.is_balancer)

    @property
    def balancer_hosts(self) -> tuple[Host, ...]:
        """The hosts that only hand requests to others."""
        return tuple(host for host in self.hosts.values() if host.is_balancer)

    @property
    def web_hosts(self) -> tuple[Host, ...]:
        """The hosts that a balancer sends requests to."""
        return tuple(host for host in self.app_hosts if host.is_web)

    def secret_names(self) -> tuple[str, ...]:
        """Name every secret that the app refers to, each once, in the file's order."""
        parts = (part for _, part in self.app if isinstance(part, Model))
        values = (*self.app.env.values(), *(value for part in parts for _, value in part))
        found = (value.secret for value in values if isinstance(value, SecretReference))
        return tuple(dict.fromkeys(found))

    def _same_address(self) -> list[tuple[Place, str]]:
        first: dict[tuple[str, int], str] = {}
        wrong: list[tuple[Place, str]] = []
        for name, host in self.hosts.items():
            at = (host.address, host.port or self.ssh.port)
            if at in first:
                wrong.append((("hosts", name, "address"), f"`{first[at]}` has the same address"))
            first.setdefault(at, name)
        return wrong

    def _like_a_role(self) -> list[tuple[Place, str]]:
        return [
            (
                ("hosts", name),
                f"this is also a role of other hosts ({', '.join(others)}): rename it",
            )
            for name in self.hosts
            if (
                others := [
                    o.name for o in self.hosts.values() if name in o.roles and o.name != name
                ]
            )
        ]
