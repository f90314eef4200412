"""The reference for authors of templates: files, names, filters."""

import dataclasses
import inspect
import re
from pathlib import Path
from typing import get_type_hints

from deployer.core.release import Layout
from deployer.core.rendered import RenderedFile
from deployer.rendering import escape, language
from deployer.rendering.balancer_values import BalancerValues, ServerValues
from deployer.rendering.files import MAINTENANCE_PAGE, render_app, render_balancer, render_base
from deployer.rendering.tls_values import TlsValues
from deployer.rendering.values import (
    AppValues,
    BaseValues,
    GunicornValues,
    PageValues,
    ProcessValues,
    SiteValues,
    TimerValues,
    UnitValues,
)
from docs.generator.markdown import code, first_sentence, page, table
from docs.generator.sources import text_below

_INTRO = """\
How to use a template of your own is in [Your own templates](../guides/templates.md). A project's
`templates/` folder wins file by file; names are those of the first table."""
_FILES = """\
`release` files are written into the release's own `config/` folder. `system` files are written
there too (under `config/system/`), tested, and copied to their place when the release goes live.
Those of `processes/` stay in the release until its processes and timers are run."""
_PAGE = f"""\
`{MAINTENANCE_PAGE}` becomes `{Layout("<app>").maintenance}` by `inv maintenance --on`."""
_FILTERS = """\
A value is written only through a filter, which escapes it for the language of the file. Whole
numbers need none. A value that was not escaped, or escaped for another language, is an error with
file and line, before any host is touched."""
_APP = "Names in the templates of an app"
_BASE = "Names in the templates that `inv setup` writes once for a host"
_SUBJECTS = (
    (_APP, "", AppValues),
    ("`gunicorn.…`", "gunicorn.", GunicornValues),
    ("`unit.…`", "unit.", UnitValues),
    ("`process.…` in `systemd/process@.service.j2`", "process.", ProcessValues),
    ("`timer.…` in `systemd/timer.service.j2` and `systemd/timer.timer.j2`", "timer.", TimerValues),
    ("`site.…`", "site.", SiteValues),
    ("`site.tls.…`", "site.tls.", TlsValues),
    (_BASE, "", BaseValues),
    ("Names in the templates of a balancer", "", BalancerValues),
    ("`server.…`, one of `servers`", "server.", ServerValues),
    ("Names in `pages/maintenance.html.j2`", "", PageValues),
)


def templates_page() -> str:
    """Give the page."""
    return page(
        "Templates",
        _INTRO,
        "## Files",
        _FILES,
        table(("template", "becomes", "kind", "mode", "group"), [_file(one) for one in _files()]),
        _PAGE,
        "## Filters",
        _FILTERS,
        table(("filter", "what it gives"), _filters()),
        table(("in a template below", "allowed"), _languages()),
        *(f"## {title}\n\n{_names(prefix, owner)}" for title, prefix, owner in _SUBJECTS),
        f"## `layout.…`\n\n{_layout()}",
    )


def _files() -> tuple[RenderedFile, ...]:
    site = SiteValues(("shop.example.org",), tls=TlsValues("/etc/ssl/a.pem", "/etc/ssl/b.pem"))
    values = AppValues(
        "shop",
        Layout("shop"),
        GunicornValues("shop.wsgi:application"),
        site=site,
        processes=(ProcessValues("worker", ("celery",)),),
        timers=(TimerValues("nightly", ("clean",), "daily"),),
    )
    templates = Path(__file__).parents[2] / "templates"
    base = render_base(BaseValues("deploy"), (templates,), nginx=True, catchall=True)
    balancer = BalancerValues(
        "shop", Layout("shop"), ("shop.example.org",), (ServerValues("web1", "10.0.0.11:80"),)
    )
    return (
        *render_app(values, (templates,)),
        *base,
        *render_balancer(balancer, (templates,)),
    )


def _file(file: RenderedFile) -> tuple[str, ...]:
    path = file.path if file.scope == "system" else f"config/{file.path}"
    return (f"`{file.name}`", f"`{path.replace('shop', '<app>')}`", file.scope, *_rights(file))


def _rights(file: RenderedFile) -> tuple[str, str]:
    return (f"`{file.mode:04o}`", file.group.replace("shop", "the app's"))


def _filters() -> list[tuple[str, str]]:
    functions = inspect.getmembers(escape, inspect.isfunction)
    return [
        (f"`|{name}`", first_sentence(one.__doc__))
        for name, one in functions
        if not name.startswith("_")
    ]


def _languages() -> list[tuple[str, str]]:
    folders = ("systemd", "nginx", "gunicorn", "env", "sudoers", "logrotate")
    found = [(folder, language.language_of(f"{folder}/x")) for folder in folders]
    return [(f"`{folder}/`", f"{one.filters}, in {one.name}") for folder, one in found]


def _names(prefix: str, owner: type) -> str:
    hints, texts = get_type_hints(owner), text_below(owner)
    rows = [
        (f"`{prefix}{one.name}`", _type(hints[one.name]), texts.get(one.name, ""))
        for one in dataclasses.fields(owner)
    ]
    rows += [
        (f"`{prefix}{name}`", "computed", first_sentence(inspect.getdoc(one)))
        for name, one in inspect.getmembers(owner, lambda one: isinstance(one, property))
    ]
    return table(("name", "type", "meaning"), rows)


def _layout() -> str:
    here = Layout("shop")
    properties = inspect.getmembers(Layout, lambda one: isinstance(one, property))
    rows = [
        (f"`layout.{name}`", code(getattr(here, name)), first_sentence(inspect.getdoc(one)))
        for name, one in properties
    ]
    return table(("name", "for the app `shop`", "meaning"), rows)


def _type(hint: object) -> str:
    named = {str: "text", int: "whole number", bool: "true or false"}
    if isinstance(hint, type) and hint in named:
        return named[hint]
    shown = hint.__name__ if isinstance(hint, type) else str(hint)
    return code(re.sub(r"deployer\.rendering\.\w+\.", "", shown))
