"""`inv render`: the files of an app and of its hosts, written into a folder to be looked at."""

from dataclasses import replace
from pathlib import Path

from deployer.api.environment import Environment
from deployer.api.perform import environment
from deployer.api.place import Place
from deployer.api.rendered import app_files, base_files, release_file
from deployer.api.rendered_balancer import balancer_base_files, balancer_files
from deployer.api.request import RenderRequest
from deployer.core.host import BALANCER
from deployer.core.rendered import RenderedFile
from deployer.core.secret import Secret
from deployer.errors import UsageError
from deployer.output.choose import parse_output
from deployer.output.tables import Row, show

COLUMNS = ("file", "mode", "owner", "from", "secret")
_EXAMPLE = "000000-0000000"


def render(place: Place, request: RenderRequest) -> int:
    """Write all files; those of a release below `release/config`, of a balancer in its folder."""
    output = parse_output(request.output)
    folder = _empty_folder(place, request.out)
    # Without --secrets no secret is even looked up, so this works on any machine.
    at = environment(place, request, lambda _: None, with_secrets=request.secrets)
    rows = [_written(folder, file) for file in _files(at, shows_secrets=request.secrets)]
    show(
        rows,
        COLUMNS,
        command="render",
        environment=at.inventory.environment,
        output=output,
        stdout=place.stdout,
    )
    return 0


def _files(at: Environment, *, shows_secrets: bool) -> tuple[RenderedFile, ...]:
    inventory = at.inventory
    masked = {name: Secret("***") for name in inventory.secret_names()}
    templates = at.place.folder / "templates"
    return (
        *app_files(inventory, at.secrets if shows_secrets else masked, templates),
        release_file(inventory.app, _EXAMPLE),
        *base_files(inventory, templates),
        *(
            replace(file, path=f"/{BALANCER}{file.path}")
            for file in (
                *balancer_files(inventory, templates),
                *balancer_base_files(inventory, templates),
            )
        ),
    )


def _empty_folder(place: Place, out: str) -> Path:
    if not out:
        raise UsageError(
            "`render` needs a folder to write to.", hint="name one: `inv render --out rendered`"
        )
    folder = place.folder / out
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_used = any(folder.iterdir())
    except OSError as error:
        raise UsageError(
            f"`{folder}` cannot be used: {error.strerror}.", hint="name another folder"
        ) from None
    if is_used:
        raise UsageError(
            f"`{folder}` is not empty; nothing was written.",
            hint="name a new folder, or remove this one",
        )
    return folder


def _written(folder: Path, file: RenderedFile) -> Row:
    below = f"release/config/{file.path}" if file.scope == "release" else file.path.lstrip("/")
    path = folder / below
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(file.content)
    path.chmod(file.mode)
    return {
        "file": below,
        "mode": f"{file.mode:04o}",
        "owner": f"{file.owner}:{file.group}",
        "from": file.name,
        "secret": file.secret,
    }
