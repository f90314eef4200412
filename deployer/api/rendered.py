"""From the inventory's words to the values that templates may see, and to files."""

import math
from collections.abc import Mapping
from pathlib import Path

from deployer.adapters.app_servers.gunicorn import Gunicorn
from deployer.adapters.databases.mysql import Mysql
from deployer.adapters.databases.postgres import Postgres
from deployer.adapters.runtimes.systemd import Systemd
from deployer.adapters.web_servers.nginx import Nginx
from deployer.api.rendered_balancer import trusted
from deployer.core.database_url import URL_VARIABLE
from deployer.core.inventory import App, Inventory
from deployer.core.release import Layout
from deployer.core.rendered import RenderedFile
from deployer.core.secret import EnvValue, Secret, SecretReference
from deployer.rendering import escape
from deployer.rendering.files import naming, release_env, render_app, render_base
from deployer.rendering.tls_values import TlsValues
from deployer.rendering.values import (
    AppValues,
    BaseValues,
    GunicornValues,
    ProcessValues,
    SiteValues,
    TimerValues,
    UnitValues,
)


def app_files(
    inventory: Inventory, secrets: Mapping[str, Secret], templates: Path
) -> tuple[RenderedFile, ...]:
    """Render all files of the app that do not depend on the release; raises TemplateError."""
    values = app_values(inventory.app, secrets, trusted(inventory))
    named = tuple(
        name for name, value in inventory.app.env.items() if isinstance(value, SecretReference)
    )
    folders = (templates,) if templates.is_dir() else ()
    rendered = render_app(values, folders, secrets=named)
    return (*rendered, *_database_file(inventory.app, secrets))


def base_files(inventory: Inventory, templates: Path) -> tuple[RenderedFile, ...]:
    """Render the files that `setup` brings to a host; raises TemplateError."""
    nginx = inventory.app.web_server
    has_nginx = isinstance(nginx, Nginx)
    values = BaseValues(
        user=inventory.ssh.user,
        port=nginx.listen if isinstance(nginx, Nginx) else 80,
        tls=isinstance(nginx, Nginx) and nginx.tls is not None,
    )
    folders = (templates,) if templates.is_dir() else ()
    return render_base(values, folders, nginx=has_nginx, catchall=has_nginx)


def release_file(app: App, release: str) -> RenderedFile:
    """Give the file that tells a process which release it is."""
    content = release_env(Layout(app.name), release)
    return RenderedFile("release.env", "release.env", content, mode=0o600, scope="release")


def app_values(
    app: App, secrets: Mapping[str, Secret], balancers: tuple[str, ...] = ()
) -> AppValues:
    """Give what the app's templates may see."""
    env = dict(app.framework.env)
    env.update((name, _revealed(value, secrets)) for name, value in app.env.items())
    return AppValues(
        app=app.name,
        layout=Layout(app.name),
        gunicorn=_gunicorn(app),
        unit=_unit(app),
        site=_site(app, balancers),
        processes=_processes(app),
        timers=_timers(app),
        env=tuple(env.items()),
    )


def _revealed(value: EnvValue, secrets: Mapping[str, Secret]) -> str:
    return secrets[value.secret].reveal() if isinstance(value, SecretReference) else value


def _gunicorn(app: App) -> GunicornValues:
    server = app.app_server
    if not isinstance(server, Gunicorn):
        return GunicornValues(module=server.module)
    return GunicornValues(
        module=server.module,
        workers=server.workers,
        threads=server.threads,
        worker_class=server.worker_class,
        timeout=math.ceil(server.timeout),
        graceful_timeout=math.ceil(server.graceful_timeout),
        max_requests=server.max_requests,
    )


def _unit(app: App) -> UnitValues:
    runtime = app.runtime
    stop = _gunicorn(app).graceful_timeout + 15
    start = math.ceil(runtime.start_timeout)
    if not isinstance(runtime, Systemd):
        return UnitValues(start_timeout=start, stop_timeout=stop)
    return UnitValues(
        memory_max=runtime.memory_max or "",
        tasks_max=runtime.tasks_max or 0,
        start_timeout=start,
        stop_timeout=stop,
        inherits=runtime.keeps_sockets,
        loosen=runtime.loosen,
    )


def _processes(app: App) -> tuple[ProcessValues, ...]:
    return tuple(
        ProcessValues(
            name=name,
            command=process.command,
            stop_signal=process.stop_signal,
            stop_timeout=math.ceil(process.stop_timeout),
        )
        for name, process in app.processes.items()
    )


def _timers(app: App) -> tuple[TimerValues, ...]:
    return tuple(
        TimerValues(
            name=name,
            command=timer.command,
            schedule=timer.schedule,
            persistent=timer.persistent,
            random_delay=math.ceil(timer.random_delay),
            timeout=math.ceil(timer.timeout),
        )
        for name, timer in app.timers.items()
    )


def _site(app: App, balancers: tuple[str, ...]) -> SiteValues | None:
    nginx = app.web_server
    if not isinstance(nginx, Nginx):
        return None
    tls = nginx.tls
    return SiteValues(
        server_names=nginx.server_names,
        port=nginx.listen,
        tls=TlsValues(tls.certificate, tls.key, hsts=nginx.hsts) if tls else None,
        client_max_body_size=nginx.client_max_body_size,
        static_url=nginx.static_url if app.framework.collect_static("python") else "",
        media_url=nginx.media_url,
        read_timeout=_gunicorn(app).timeout + 30,
        health_path=_kept_reachable(app.health.path),
        retry_after=math.ceil(nginx.retry_after),
        balancers=balancers,
    )


def _kept_reachable(health: str) -> str:
    """Give the health path, but never the front page: that is what maintenance is about."""
    path = health.partition("?")[0]
    return "" if path == "/" else path


def _database_file(app: App, secrets: Mapping[str, Secret]) -> tuple[RenderedFile, ...]:
    if not isinstance(app.database, Postgres | Mysql):
        return ()
    url = escape.env(_revealed(app.database.url, secrets))
    header = naming((URL_VARIABLE,) if isinstance(app.database.url, SecretReference) else ())
    content = f"{header}{URL_VARIABLE}={url}\n".encode()
    name = "database.env"
    return (RenderedFile(name, name, content, mode=0o600, scope="release", secret=True),)
