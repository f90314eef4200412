"""nginx in front of the web hosts, on hosts of its own."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from deployer.core.host import Host
from deployer.core.model import Model, Place, refuse_twins, refused_at
from deployer.core.network import Domain, HealthPath
from deployer.core.ports import WebServer
from deployer.core.quantities import BodySize, Duration, Pause, Port
from deployer.core.tls import Tls

_HTTPS = 443


class NginxBalancer(Model):
    """A site that hands requests to the web hosts; other sites of the same nginx stay untouched."""

    kind: Literal["nginx"] = "nginx"
    server_names: tuple[Domain, ...] = Field(
        default=(), description="The names under which it serves, if not those of the app's site."
    )
    listen: Port = Field(default=80, description="The port for plain HTTP.")
    tls: Tls | None = Field(default=None, description="Serve HTTPS on port 443 with these.")
    method: Literal["least_conn", "round_robin", "ip_hash"] = Field(
        default="least_conn",
        description="Who gets a request: the least busy, each in turn, or always the same one for "
        "an address.",
    )
    keepalive: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=16, description="Idle connections that each worker keeps to the web hosts."
    )
    max_fails: Annotated[int, Field(ge=0, le=100)] = Field(
        default=3, description="After so many failures a host is left alone; 0 for never."
    )
    fail_timeout: Duration = Field(
        default=10.0, description="In which time they count, and for how long it is left alone."
    )
    drain: Pause = Field(
        default=30.0, description="What requests in flight get before their host is changed."
    )
    client_max_body_size: BodySize | None = Field(
        default=None, description="The largest upload, if not that of the app's site."
    )
    read_timeout: Duration = Field(
        default=3600.0,
        description="How long a connection may be silent, such as a websocket; the web hosts have "
        "limits of their own for answers.",
    )
    health_path: HealthPath = Field(
        default="/nginx-health", description="Where the balancer itself says that it is up."
    )

    @model_validator(mode="after")
    def _no_contradictions(self) -> Self:
        refuse_twins("NginxBalancer", server_names=self.server_names)
        if self.tls is not None and self.listen == _HTTPS:
            raise refused_at("NginxBalancer", (("listen",), "allowed: another port than HTTPS has"))
        return self

    @property
    def has_hosts(self) -> bool:
        return True

    def links(self, app: str) -> tuple[tuple[str, str], ...]:
        """Turn the site on the way Debian does."""
        name = f"{app}.conf"
        return ((f"/etc/nginx/sites-enabled/{name}", f"/etc/nginx/sites-available/{name}"),)

    def refused(
        self, web_server: WebServer, hosts: Sequence[Host]
    ) -> tuple[tuple[Place, str], ...]:
        return (
            *_site(web_server),
            *self._backups(hosts),
            *(
                (("hosts", host.name, "balance", "backup"), "allowed: at least one that is none")
                for host in hosts[:1]
                if all(one.balance.backup for one in hosts)
            ),
        )

    def _backups(self, hosts: Sequence[Host]) -> tuple[tuple[Place, str], ...]:
        if self.method != "ip_hash":
            return ()
        return tuple(
            (("hosts", host.name, "balance", "backup"), "nginx has no backups with `ip_hash`")
            for host in hosts
            if host.balance.backup
        )


def _site(web_server: WebServer) -> tuple[tuple[Place, str], ...]:
    if not web_server.front:
        return ((("app", "web_server"), "a balancer needs `kind: nginx` on the web hosts"),)
    if web_server.front.startswith("https:"):
        place = ("app", "web_server", "tls")
        return ((place, "with a balancer, HTTPS ends there: move `tls` to `balancer`"),)
    return ()
