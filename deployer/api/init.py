"""`inv init`: the first inventories of a project, from what is found in its folder."""

import json
import re
import tempfile
from pathlib import Path

from deployer.api.found_app import Found, branch, database, find, lacks_gunicorn
from deployer.api.place import Place
from deployer.api.request import InitRequest
from deployer.errors import InventoryError, UsageError
from deployer.inventory.loader import load
from deployer.output.stream import Stream

_FRAMEWORKS = ("django", "flask", "custom")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_PLAIN = re.compile(r"[a-z][a-z0-9-]*")
_PLACEHOLDER = "host.example.org"
_TASKS = '''\
"""The commands of `inv`: all of deployer's."""

from deployer.cli.tasks import namespace

__all__ = ["namespace"]
'''
_BASE = """\
# What all environments share; `<environment>.yaml` is laid over it.
# Mappings merge, everything else replaces, and `null` removes.
app:
  name: {name}
  source: {source}
  framework: {framework}
  app_server: {{kind: gunicorn, module: "{module}"}}
  web_server: {{kind: nginx, server_names: [{server}]}}
{storage}  env: {{}}                             # NAME: any text, or {{secret: NAME}}
  health: {{path: /}}                   # better: a path that proves that the app works
retention:
  releases: 5
  backups: {{days: 7, at_least: 3}}
"""
_ENVIRONMENT = """\
# The hosts of `{environment}`; `inv trust --env {environment} --write` pins their keys.
hosts:
  {host_name}: {{address: {host}, roles: [web, migrate]}}
ssh: {{user: deploy, setup_user: root}}
protected: {protected}
"""


def init(place: Place, request: InitRequest) -> int:
    """Write base.yaml, an environment and tasks.py; refuses to overwrite an inventory."""
    environment = request.env or "prod"
    if not _NAME.fullmatch(environment):
        raise UsageError(
            f"`--env {environment}` is no name of an environment.",
            hint="use lower-case letters, digits, dashes and underscores",
        )
    files = _files(place, request, environment)
    existing = [path for path in files if path != "tasks.py" and (place.folder / path).exists()]
    if existing:
        raise UsageError(
            f"`{existing[0]}` is there already; nothing was written.",
            hint="change it by hand, or name another environment with `--env`",
        )
    _prove(files, environment)
    out = Stream(place.stdout)
    for path, text in files.items():
        file = place.folder / path
        if file.exists():
            out.line(f"kept {path}; it needs `from deployer.cli.tasks import namespace`")
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        out.line(f"wrote {path}")
    for line in _advice(place.folder, environment):
        out.line(line)
    return 0


def _advice(folder: Path, environment: str) -> tuple[str, ...]:
    commands = ("trust --write", "setup", "deploy")
    typed = ", ".join(f"inv {one} --env {environment}" for one in commands)
    missing = ("add gunicorn to requirements.txt",) if lacks_gunicorn(folder) else ()
    return (
        f"found {find(folder).told}",
        *missing,
        "add to .gitignore: .env* (secrets), inventories/lab*.yaml and .lab/",
        f"next: complete inventories/base.yaml and inventories/{environment}.yaml; then",
        f"      {typed}",
    )


def _files(place: Place, request: InitRequest, environment: str) -> dict[str, str]:
    name = request.name or re.sub(r"[^a-z0-9]+", "-", place.folder.name.lower()).strip("-")
    if request.framework and request.framework not in _FRAMEWORKS:
        raise UsageError(
            f"`--framework {request.framework}` is not known.",
            hint=f"choose one of {', '.join(_FRAMEWORKS)}",
        )
    found = find(place.folder)
    host = request.host or _PLACEHOLDER
    base = _BASE.format(
        name=_text(name),
        source=_source(request.repository, _text(branch(place.folder))),
        framework=_framework(request.framework or found.framework, found),
        module=found.module or f"{name.replace('-', '_')}.wsgi:application",
        storage=_storage(found, request.framework) or _server(place.folder),
        server=_text(host if re.search(r"[a-z]", host) else f"{name}.example.org"),
    )
    hosts = _ENVIRONMENT.format(
        environment=environment,
        host=_text(host),
        host_name="web1",
        protected=str(environment in {"prod", "production"}).lower(),
    )
    return {
        "inventories/base.yaml": base,
        f"inventories/{environment}.yaml": hosts,
        "tasks.py": _TASKS,
    }


def _storage(found: Found, framework: str) -> str:
    """Keep a database file that lies beside the code: releases come and go, `shared` stays."""
    if not found.sqlite or framework not in {"", found.framework}:
        return ""
    name = _text(found.sqlite)
    return f"  database: {{kind: sqlite, path: {name}}}\n  shared: {{files: [{name}]}}\n"


def _server(folder: Path) -> str:
    """Name the database server whose driver the app installs; a migration wants its backup."""
    kind = database(folder)
    return f"  database: {{kind: {kind}, url: {{secret: DATABASE_URL}}}}\n" if kind else ""


def _source(repository: str, revision: str) -> str:
    if repository:
        return f"{{kind: git, url: {_text(repository)}, revision: {revision}}}"
    words = f'{{kind: git, url: ".", revision: {revision}, transport: push}}'
    return f"{words}   # sent over our SSH connection"


def _text(text: str) -> str:
    """Write a text in YAML; JSON's quotes are YAML's too."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _framework(kind: str, found: Found) -> str:
    match kind:
        case "django":
            return f"{{kind: django, settings: {found.settings or 'CHANGE_ME.settings'}}}"
        case "flask":
            return f'{{kind: flask, app: "{found.module or "app:app"}"}}'
        case _:
            return "{kind: custom}             # check, migrate, collect_static: lists of words"


def _prove(files: dict[str, str], environment: str) -> None:
    """Load what would be written; raises InventoryError with the lines that are wrong."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "inventories"
        folder.mkdir()
        for path, text in files.items():
            (Path(scratch) / path).write_text(text, "utf-8")
        try:
            load(folder, environment, {})
        except InventoryError as error:
            told = tuple(problem.replace(f"{scratch}/", "") for problem in error.problems)
            hint = "nothing was written; give better words to `deployer init`"
            raise InventoryError(told, hint=hint) from None
