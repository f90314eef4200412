"""What the templates of a balancer may see; the text below each field is its reference."""

from dataclasses import dataclass

from deployer.core.release import Layout
from deployer.rendering.tls_values import TlsValues


@dataclass(frozen=True, slots=True)
class ServerValues:
    """A web host, as the balancer reaches it."""

    host: str
    """Its name in the inventory."""

    place: str
    """Its address and port, such as `10.0.0.11:80`."""

    weight: int = 1
    """Its share of the requests."""

    backup: bool = False
    """Whether it gets requests only when no other host can take them."""


@dataclass(frozen=True, slots=True)
class BalancerValues:
    """All that the templates of a balancer may see."""

    app: str
    """The app's name."""

    layout: Layout
    """Where everything of the app is on a host."""

    server_names: tuple[str, ...]
    """The names under which it serves."""

    servers: tuple[ServerValues, ...]
    """The web hosts."""

    port: int = 80
    """The port for plain HTTP."""

    tls: TlsValues | None = None
    """How HTTPS is served; None for plain HTTP only."""

    method: str = "least_conn"
    """Who gets a request: `least_conn`, `round_robin` or `ip_hash`."""

    keepalive: int = 16
    """Idle connections that each worker keeps to the web hosts; 0 for none."""

    max_fails: int = 3
    """After so many failures a host is left alone; 0 for never."""

    fail_timeout: int = 10
    """Seconds in which they count, and for which it is left alone."""

    client_max_body_size: str = "20m"
    """The largest upload, as nginx writes it."""

    read_timeout: int = 3600
    """Seconds for which a connection may be silent."""

    health_path: str = "/nginx-health"
    """Where the balancer itself says that it is up."""

    ipv6: bool = True
    """Whether to listen on IPv6 too."""
