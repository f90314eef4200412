"""`inv lab.up`, `lab.down`, `lab.status`: disposable real hosts on this machine."""

from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from deployer.api.numbers import whole_number
from deployer.api.place import Place
from deployer.api.request import LabRequest
from deployer.lab.lab import MOST_HOSTS, Lab
from deployer.output.choose import parse_output
from deployer.output.stream import Stream
from deployer.output.tables import show

COLUMNS = ("host", "condition", "address", "postgres", "mariadb", "log_in")
_OURS = {"hosts", "ssh"}


def up(place: Place, request: LabRequest) -> int:
    """Boot bare hosts and write their inventory; what was there under this name goes first."""
    count = whole_number(request.hosts, "--hosts", usual=1, most=MOST_HOSTS)
    lab = _lab(place, request)
    out = Stream(place.stdout)
    file = _inventory(place, request)
    kept = _kept(file)
    lab.up(count, postgres=request.postgres, mariadb=request.mariadb)
    lab.write_inventory(file, kept)
    environment = file.stem
    names = ", ".join(f"{host.name} at {host.address}" for host in lab.hosts)
    out.line(f"{names}; wrote {file.relative_to(place.folder)}")
    if "app" not in kept and "app" not in _data(place.inventories / "base.yaml"):
        out.line(f"next: write an `app` into {file.relative_to(place.folder)} or base.yaml")
    out.line(f"next: inv setup --env {environment}, inv deploy --env {environment}")
    return 0


def down(place: Place, request: LabRequest) -> int:
    """Throw the hosts away; their inventory goes too, unless it says more than the hosts."""
    _lab(place, request).down()
    file = _inventory(place, request)
    if not _kept(file):
        file.unlink(missing_ok=True)
    Stream(place.stdout).line(f"the lab `{request.name}` is down")
    return 0


def status(place: Place, request: LabRequest) -> int:
    """Show what each host is doing, as read from the machine."""
    output = parse_output(request.output)
    lab = _lab(place, request)
    rows = [
        {
            "host": one.host.name,
            "condition": one.condition,
            "address": one.host.address,
            "postgres": one.host.postgres,
            "mariadb": one.host.mariadb,
            "log_in": f"ssh -F {lab.ssh_config} {one.host.name}",
        }
        for one in lab.status()
    ]
    show(
        rows,
        COLUMNS,
        command="lab.status",
        environment=_inventory(place, request).stem,
        output=output,
        stdout=place.stdout,
    )
    return 0


def _lab(place: Place, request: LabRequest) -> Lab:
    say = Stream(place.stderr).line
    return Lab(request.name, project=place.folder, environ=place.environ, emit=say)


def _inventory(place: Place, request: LabRequest) -> Path:
    name = "lab" if request.name == "lab" else f"lab-{request.name}"
    return place.inventories / f"{name}.yaml"


def _kept(file: Path) -> Mapping[str, object]:
    """Give what somebody wrote into the inventory of a lab besides its hosts."""
    return {key: value for key, value in _data(file).items() if key not in _OURS}


def _data(file: Path) -> Mapping[str, object]:
    try:
        data = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    except (FileNotFoundError, YAMLError):
        return {}
    return data if isinstance(data, dict) else {}
