"""Whether hosts and balancer fit together: who runs the app, and who only hands requests on."""

from collections.abc import Iterator, Sequence

from deployer.core.host import BALANCER, Host
from deployer.core.model import Place
from deployer.core.ports import Balancer, WebServer

Wrong = tuple[Place, str]


def misfits(
    hosts: Sequence[Host], balancer: Balancer | None, web_server: WebServer
) -> tuple[Wrong, ...]:
    """Say what does not fit, and where it is written."""
    balancers = tuple(host for host in hosts if host.is_balancer)
    web = tuple(host for host in hosts if host.is_web and not host.is_balancer)
    wrong = (*_two_roles(balancers), *_nobody(hosts, balancers), *_unwanted(balancers, balancer))
    if wrong or balancer is None:
        return wrong
    if balancer.has_hosts and not balancers:
        return ((("balancer",), f"needs a host with `roles: [{BALANCER}]`"),)
    if not web:
        return ((("balancer",), "needs a host with the role `web` that it can send requests to"),)
    return balancer.refused(web_server, web)


def _two_roles(balancers: Sequence[Host]) -> Iterator[Wrong]:
    for host in balancers:
        if len(host.roles) > 1:
            text = f"allowed: `{BALANCER}` alone; a host of this role runs no app"
            yield ("hosts", host.name, "roles"), text


def _nobody(hosts: Sequence[Host], balancers: Sequence[Host]) -> Iterator[Wrong]:
    if len(balancers) == len(hosts):
        yield ("hosts",), "allowed: at least one host that runs the app"


def _unwanted(balancers: Sequence[Host], balancer: Balancer | None) -> Iterator[Wrong]:
    if balancer is not None and balancer.has_hosts:
        return
    for host in balancers:
        yield ("hosts", host.name, "roles"), "this role needs `balancer: {kind: nginx}`"
