"""`inv setup`: make a bare Debian host ready for an app; doing it again changes nothing."""

import shlex
from collections.abc import Mapping
from dataclasses import replace

from deployer.adapters.web_servers.nginx import Nginx
from deployer.api.agent_package import BOOTSTRAP, digest, package
from deployer.api.deployment import leader_of, states
from deployer.api.environment import Environment
from deployer.api.rendered import base_files
from deployer.api.rendered_balancer import balancer_base_files
from deployer.api.running import Ending
from deployer.api.sessions import address
from deployer.api.standing import refuse_held
from deployer.core.event import RunStarted
from deployer.core.host_state import app_state
from deployer.core.rendered import RenderedFile
from deployer.core.report import HostReport, Outcome
from deployer.core.transport import HostAddress, Transport
from deployer.engine.session import Session
from deployer.errors import AgentMissing, HostError

_BOOTSTRAP_TIMEOUT = 600.0
_CLIENTS: Mapping[str, Mapping[str, str]] = {
    "postgres": {"pg_dump": "postgresql-client"},
    "mysql": {"mysqldump": "mariadb-client"},
}
_PACKAGES = ("python3", "python3-venv", "git", "ca-certificates", "openssh-client", "tar")


def install_agent(at: Environment, transport: Transport, host: HostAddress) -> None:
    """Bring the agent of this tool's version to a host; raises AgentMissing."""
    script = BOOTSTRAP.replace(b"digest=$1", f"digest={digest()}".encode())
    if host.user != "root":
        script = f"exec sudo -n sh -c {shlex.quote(script.decode())}".encode()
    done = transport.bootstrap(host, script, package(), _BOOTSTRAP_TIMEOUT)
    if done.exit_code != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        last = lines[-1] if lines else f"exit code {done.exit_code}"
        raise AgentMissing(
            f"The agent could not be installed on `{host.name}`: {at.redact(last)}",
            host=host.name,
            hint=f"`{host.user}` must be root or have sudo without a password for setup",
        )


def setup(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Prepare every host; users, folders, packages, rights and the base of the web server."""
    at.on_all(sessions, lambda session: session.ask((app_state(),)))
    refuse_held(at, states(sessions))
    reports: list[HostReport] = []
    at.emit(
        RunStarted(
            run=at.run,
            command="setup",
            environment=at.inventory.environment,
            app=at.inventory.app.name,
            hosts=tuple(sessions),
        )
    )

    def one(session: Session) -> HostReport:
        ended = session.provision(_wanted_on(at, session.host))
        if ended.ok:
            key = session.facts.answers.get("deploy_key")
            if key and at.pulls and not at.inventory.hosts[session.host].is_balancer:
                at.notice(f"allow this key to read the repository: {key}", "info", session.host)
            return HostReport(session.host, Outcome.COMMITTED)
        return HostReport(
            session.host, Outcome.ABORTED, step=ended.step, cause=ended.cause, hint=ended.hint
        )

    for result in at.fleet(sessions, one).values():
        if isinstance(result, HostError):
            reports.append(HostReport(result.host, Outcome.UNKNOWN, cause=result.message))
        elif isinstance(result, HostReport):
            reports.append(result)
    ready = all(report.outcome is Outcome.COMMITTED for report in reports)
    env = at.inventory.environment
    if ready:
        return Ending(tuple(reports), f"ready for `inv deploy --env {env}`")
    told = tuple(
        replace(one, outcome=Outcome.UNCHANGED) if one.outcome is Outcome.COMMITTED else one
        for one in reports
    )
    return Ending(told, "setup did not end well on every host", f"inv setup --env {env}")


def addresses(at: Environment) -> tuple[HostAddress, ...]:
    """Give the hosts as the user that sets up reaches them."""
    hosts = (*at.hosts, *at.balancers)
    return tuple(address(at.inventory, host, setup=True) for host in hosts)


def _wanted_on(at: Environment, host: str) -> tuple[dict[str, object], list[bytes]]:
    if at.inventory.hosts[host].is_balancer:
        return _balancer(at)
    return _wanted(at, leads=host == leader_of(at.hosts))


def _balancer(at: Environment) -> tuple[dict[str, object], list[bytes]]:
    files = balancer_base_files(at.inventory, at.templates)
    message: dict[str, object] = {
        "verb": "provision",
        "app": at.inventory.app.name,
        "deploy_user": at.inventory.ssh.user,
        "packages": ["python3"],
        "programs": {"nginx": "nginx-light"},
        "web_group": ["www-data"],
        "files": _blobs(files),
    }
    return message, [file.content for file in files]


def _wanted(at: Environment, *, leads: bool) -> tuple[dict[str, object], list[bytes]]:
    app = at.inventory.app
    nginx = app.web_server if isinstance(app.web_server, Nginx) else None
    files = base_files(at.inventory, at.place.folder / "templates")
    message: dict[str, object] = {
        "verb": "provision",
        "app": app.name,
        "deploy_user": at.inventory.ssh.user,
        "packages": list(_PACKAGES),
        "programs": _programs(at, leads=leads),
        "web_group": ["www-data"] if nginx else [],
        "deploy_key": at.pulls,
        "known_hosts": list(app.source.known_hosts),
        "files": _blobs(files),
    }
    return message, [file.content for file in files]


def _blobs(files: tuple[RenderedFile, ...]) -> list[dict[str, object]]:
    return [
        {"path": file.path, "mode": file.mode, "content": {"blob": number}}
        for number, file in enumerate(files)
    ]


def _programs(at: Environment, *, leads: bool) -> dict[str, str]:
    """Name the packages that bring programs; a host with another nginx or pg_dump keeps it."""
    app = at.inventory.app
    nginx = {"nginx": "nginx-light"} if isinstance(app.web_server, Nginx) else {}
    # Only the host that leads dumps a shared database.
    client = _CLIENTS.get(app.database.kind, {}) if leads else {}
    return {**nginx, **client}
