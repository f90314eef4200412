"""The files of an app and of a host, rendered, with their places, owners and modes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deployer.core.release import Layout, upstream_path
from deployer.core.rendered import RenderedFile
from deployer.errors import TemplateError
from deployer.rendering import escape
from deployer.rendering.balancer_values import BalancerValues
from deployer.rendering.renderer import Renderer
from deployer.rendering.values import AppValues, BaseValues, PageValues, SiteValues, names_of

HEADER = "# written by deployer\n# do not edit: change the inventory or templates/\n"
"""The agent knows our files by the first line, so it is put before a project's templates too."""

MAINTENANCE_PAGE = "pages/maintenance.html.j2"


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    path: str
    mode: int = 0o644
    group: str = "root"
    scope: Literal["release", "system"] = "system"
    secret: bool = False
    header: str = HEADER

    def file(self, text: str) -> RenderedFile:
        return RenderedFile(
            name=self.name,
            path=self.path,
            content=(self.header + text).encode(),
            mode=self.mode,
            group=self.group,
            scope=self.scope,
            secret=self.secret,
        )


def naming(secrets: Iterable[str]) -> str:
    """Give the header that names the variables that are secrets; the agent scrubs their values."""
    names = " ".join(secrets)
    return f"{HEADER}# secret: {names}\n" if names else HEADER


def render_app(
    values: AppValues, templates: tuple[Path, ...] = (), *, secrets: tuple[str, ...] = ()
) -> tuple[RenderedFile, ...]:
    """Render the files of an app, `secrets` of whose variables are secret; raises TemplateError."""
    _check_environment(values.env)
    site = _site(values.app, values.site)
    seen = names_of(values)
    without_secrets = {name: value for name, value in seen.items() if name != "env"}
    renderer = Renderer(templates)
    return (
        *_rendered(renderer, _environment_file(naming(secrets)), seen),
        *_rendered(renderer, (*_process(values), *site), without_secrets),
        *_beside(renderer, values, without_secrets),
    )


def render_base(
    values: BaseValues, templates: tuple[Path, ...] = (), *, nginx: bool, catchall: bool
) -> tuple[RenderedFile, ...]:
    """Render the files that a host needs once, for all its apps; raises TemplateError.

    Ask for `catchall` only if no other site of the host is the default of its port.
    """
    web = (*(_nginx_base() if nginx else ()), *(_catchall() if catchall else ()))
    places = (*_base(values.user), *web)
    return _rendered(Renderer(templates), places, names_of(values))


def render_page(values: PageValues, templates: tuple[Path, ...] = ()) -> bytes:
    """Render the page that is shown during maintenance; raises TemplateError."""
    return Renderer(templates).render(MAINTENANCE_PAGE, names_of(values)).encode()


def render_balancer(
    values: BalancerValues, templates: tuple[Path, ...] = ()
) -> tuple[RenderedFile, ...]:
    """Render the files of a balancer, the one that names its web hosts first."""
    app = values.app
    tls = "nginx/snippets/app-tls.conf.j2"
    places = (
        _Place("nginx/balancer-hosts.conf.j2", upstream_path(app)),
        *((_Place(tls, f"/etc/nginx/snippets/{app}-tls.conf"),) if values.tls else ()),
        _Place("nginx/balancer.conf.j2", f"/etc/nginx/sites-available/{app}.conf"),
    )
    return _rendered(Renderer(templates), places, names_of(values))


def release_env(layout: Layout, release: str) -> bytes:
    """Give `config/release.env` of a release: what the unit needs to know to run just this one."""
    folder = layout.release(release)
    variables = {"RELEASE_ID": release, "RELEASE_DIR": folder, "STATIC_ROOT": f"{folder}/static"}
    lines = (f"{name}={escape.env(value)}" for name, value in variables.items())
    return (HEADER + "\n".join((*lines, ""))).encode()


def _check_environment(env: tuple[tuple[str, str], ...]) -> None:
    for name, value in env:
        try:
            escape.env(value)
        except escape.Unwritable as error:
            raise TemplateError(
                f"The variable `{name}` cannot be set: {error}.",
                hint="Change its value in the inventory or in the source of the secret.",
            ) from None


def _rendered(
    renderer: Renderer, places: tuple[_Place, ...], values: Mapping[str, object]
) -> tuple[RenderedFile, ...]:
    return tuple(place.file(renderer.render(place.name, values)) for place in places)


def _beside(
    renderer: Renderer, values: AppValues, seen: Mapping[str, object]
) -> Iterator[RenderedFile]:
    """Render the units of processes and timers; they stay with the release until they are run."""
    for process in values.processes:
        place = _unit(f"{values.app}.{process.name}@.service", "process@.service")
        yield from _rendered(renderer, (place,), {**seen, "process": process})
    for timer in values.timers:
        for kind in ("service", "timer"):
            place = _unit(f"{values.app}.{timer.name}.{kind}", f"timer.{kind}")
            yield from _rendered(renderer, (place,), {**seen, "timer": timer})


def _unit(file: str, template: str) -> _Place:
    return _Place(f"systemd/{template}.j2", f"processes/{file}", scope="release")


def _environment_file(header: str) -> tuple[_Place, ...]:
    name = "env/app.env.j2"
    return (_Place(name, "app.env", mode=0o600, scope="release", secret=True, header=header),)


def _process(values: AppValues) -> tuple[_Place, ...]:
    app = values.app
    return (
        _Place(
            "gunicorn/gunicorn.conf.py.j2",
            "gunicorn.conf.py",
            mode=0o640,
            group=app,
            scope="release",
        ),
        _Place("systemd/app@.service.j2", f"/etc/systemd/system/{app}@.service"),
        *(_sockets(values.layout) if values.unit.inherits else ()),
    )


def _sockets(layout: Layout) -> tuple[_Place, ...]:
    names = ("systemd/app@.socket.j2", "systemd/app-socket@.service.j2")
    return tuple(map(_Place, names, layout.socket_files))


def _site(app: str, site: SiteValues | None) -> tuple[_Place, ...]:
    if site is None:
        return ()
    parts = ("headers", "proxy", "tls") if site.tls else ("headers", "proxy")
    snippets = (
        _Place(f"nginx/snippets/app-{part}.conf.j2", f"/etc/nginx/snippets/{app}-{part}.conf")
        for part in parts
    )
    return (*snippets, _Place("nginx/site.conf.j2", f"/etc/nginx/sites-available/{app}.conf"))


def _base(user: str) -> tuple[_Place, ...]:
    return (
        # A file for each: two apps of a host may be deployed by two users.
        _Place("sudoers/deployer.j2", f"/etc/sudoers.d/deployer-{user}", mode=0o440),
        _Place(
            "systemd/deployer-recover@.service.j2",
            "/etc/systemd/system/deployer-recover@.service",
        ),
        _Place("logrotate/deployer.j2", "/etc/logrotate.d/deployer"),
    )


def _nginx_base() -> tuple[_Place, ...]:
    return (_Place("nginx/http.conf.j2", "/etc/nginx/conf.d/00-deployer.conf"),)


def _catchall() -> tuple[_Place, ...]:
    return (_Place("nginx/catchall.conf.j2", "/etc/nginx/conf.d/01-deployer-catchall.conf"),)
