"""The lab's hosts as an inventory of deployer, with their keys pinned."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML

from deployer.lab.host import LabHost
from deployer.lab.machine import write

Tree: TypeAlias = Mapping[str, object]


def inventory(hosts: tuple[LabHost, ...]) -> Tree:
    """Return what an inventory says of these hosts; the first one migrates."""
    return {
        "hosts": {
            host.name: {
                "address": host.address,
                "roles": ["web", "migrate"] if host == hosts[0] else ["web"],
                "host_keys": list(host.host_keys),
            }
            for host in hosts
        },
        "ssh": {"user": "deploy", "setup_user": "root", "identity": str(hosts[0].key)},
    }


def merged(tree: Tree, extra: Tree) -> Tree:
    """Lay `extra` over `tree`: mappings are joined, anything else is replaced."""
    result = dict(tree)
    for key, value in extra.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = merged(old, value)  # noqa: PLW2901  the joined value takes its place
        result[key] = value
    return result


def write_inventory(path: Path, tree: Tree) -> None:
    """Write an inventory; a reader sees the old one or the new one."""
    text = StringIO()
    YAML(typ="safe", pure=True).dump(dict(tree), text)
    partial = path.with_name(f".{path.name}.partial")
    write(partial, text.getvalue(), 0o600)
    partial.replace(path)
