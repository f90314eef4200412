"""A rollback with pyinfra: the steps of on_host.sh. Data: app, server_name."""

from pyinfra import host
from pyinfra.facts.files import Link
from pyinfra.operations import server, systemd

APP = host.data.app
ROOT = f"/srv/{APP}"
LOCK = f"/run/lock/deploy-{APP}"
BEFORE = host.get_fact(Link, path=f"{ROOT}/previous")["link_target"].rpartition("/")[2]

server.shell(
    name="Switch",
    commands=[
        f"mkdir {LOCK}",
        f"ln -s releases/{BEFORE} {ROOT}/current.new && mv -T {ROOT}/current.new {ROOT}/current",
    ],
)
systemd.service(
    name="Restart", service=APP, running=True, restarted=True, enabled=True, daemon_reload=True
)
systemd.service(name="Reload nginx", service="nginx", reloaded=True)
server.shell(
    name="Check the health",
    commands=[
        f"for i in $(seq 200); do curl -sf --max-time 5 -H 'Host: {host.data.server_name}' "
        f'http://127.0.0.1/healthz | grep -qF \'"release": "{BEFORE}"\' && exit 0; '
        "sleep 0.1; done; exit 1",
        f"echo \"$(date '+%F %T') {APP}: {BEFORE} is live again\" >>/var/log/deploy.log",
        f"rmdir {LOCK}",
    ],
)
