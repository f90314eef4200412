"""From the inventory's words to the files of a balancer; empty without one of ours."""

import math
from pathlib import Path

from deployer.adapters.balancers.nginx import NginxBalancer
from deployer.adapters.web_servers.nginx import Nginx
from deployer.core.host import Host
from deployer.core.inventory import Inventory
from deployer.core.release import Layout
from deployer.core.rendered import RenderedFile
from deployer.rendering.balancer_values import BalancerValues, ServerValues
from deployer.rendering.files import render_balancer, render_base
from deployer.rendering.tls_values import TlsValues
from deployer.rendering.values import BaseValues


def balancer_files(inventory: Inventory, templates: Path) -> tuple[RenderedFile, ...]:
    """Render the site of the balancer and the file that names its hosts; raises TemplateError."""
    balancer, site = inventory.balancer, inventory.app.web_server
    if not isinstance(balancer, NginxBalancer) or not isinstance(site, Nginx):
        return ()
    values = BalancerValues(
        app=inventory.app.name,
        layout=Layout(inventory.app.name),
        server_names=balancer.server_names or site.server_names,
        servers=tuple(_server(host, site.listen) for host in inventory.web_hosts),
        port=balancer.listen,
        tls=_tls(balancer),
        method=balancer.method,
        keepalive=balancer.keepalive,
        max_fails=balancer.max_fails,
        fail_timeout=math.ceil(balancer.fail_timeout),
        client_max_body_size=balancer.client_max_body_size or site.client_max_body_size,
        read_timeout=math.ceil(balancer.read_timeout),
        health_path=balancer.health_path.partition("?")[0],
    )
    return render_balancer(values, (templates,) if templates.is_dir() else ())


def balancer_base_files(inventory: Inventory, templates: Path) -> tuple[RenderedFile, ...]:
    """Render the files that `setup` brings to a balancer; raises TemplateError."""
    balancer = inventory.balancer
    if not isinstance(balancer, NginxBalancer):
        return ()
    values = BaseValues(inventory.ssh.user, balancer.listen, tls=balancer.tls is not None)
    folders = (templates,) if templates.is_dir() else ()
    return render_base(values, folders, nginx=True, catchall=True)


def trusted(inventory: Inventory) -> tuple[str, ...]:
    """Give the addresses from which balancers of ours ask the web hosts."""
    return tuple(host.traffic_address for host in inventory.balancer_hosts)


def _server(host: Host, port: int) -> ServerValues:
    address = host.traffic_address
    place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return ServerValues(host.name, place, host.balance.weight, backup=host.balance.backup)


def _tls(balancer: NginxBalancer) -> TlsValues | None:
    tls = balancer.tls
    return TlsValues(tls.certificate, tls.key) if tls else None
