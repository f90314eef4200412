"""Writes host keys into an inventory file and leaves all else in it as it is."""

import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.util import load_yaml_guess_indent

from deployer.errors import UsageError
from deployer.inventory.loader import BASE

_NO_FOLDING = 1_000_000
_INDENTED = re.compile(r"^( +)[^ #-]", re.MULTILINE)


class _Table(Protocol):
    def __getitem__(self, key: str) -> "_Table": ...
    def __setitem__(self, key: str, value: object) -> None: ...


def file_with(folder: Path, environment: str, host: str) -> Path:
    """Find the file in which a host (its pins, if it has any) is written."""
    files = [folder / f"{environment}.yaml", folder / BASE]
    described = [(file, _host(file.read_text("utf-8"), host)) for file in files if file.is_file()]
    pinned = [file for file, data in described if data is not None and "host_keys" in data]
    named = [file for file, data in described if data is not None]
    return next(iter((*pinned, *named)), files[0])


def with_pins(text: str, pins: Mapping[str, Sequence[str]]) -> str:
    """Give the text of an inventory with these keys as the pins of these hosts.

    Raises UsageError when the file is written in a way that cannot be kept.
    """
    yaml = _yaml(text)
    tree = cast("_Table", yaml.load(text))
    for host, keys in pins.items():
        _pin(tree, host, keys)
    written = io.StringIO()
    yaml.dump(tree, written)
    new = written.getvalue()
    if not _differ_by(text, new, pins):
        raise UsageError(
            "The inventory is written in a way that we cannot change safely; it was left alone.",
            hint="add the keys by hand: `inv trust` shows them",
        )
    return new


def _yaml(text: str) -> YAML:
    """Make a YAML that writes with the indentation of a text."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _NO_FOLDING
    _, sequence, offset = load_yaml_guess_indent(text)
    steps = [len(spaces) for spaces in _INDENTED.findall(text)]
    yaml.indent(mapping=min(steps, default=2), sequence=sequence or 2, offset=offset or 0)
    return yaml


def _pin(tree: _Table, host: str, keys: Sequence[str]) -> None:
    listed = CommentedSeq([DoubleQuotedScalarString(key) for key in keys])
    listed.fa.set_flow_style()
    tree["hosts"][host]["host_keys"] = listed


def _host(text: str, host: str) -> Mapping[str, object] | None:
    hosts = _plain(text).get("hosts")
    data = hosts.get(host) if isinstance(hosts, Mapping) else None
    return cast("Mapping[str, object]", data) if isinstance(data, Mapping) else None


def _differ_by(old: str, new: str, pins: Mapping[str, Sequence[str]]) -> bool:
    expected = _plain(old)
    for host, keys in pins.items():
        cast("dict[str, dict[str, dict[str, object]]]", expected)["hosts"][host]["host_keys"] = [
            *keys
        ]
    return _plain(new) == expected


def _plain(text: str) -> dict[str, object]:
    data = YAML(typ="safe", pure=True).load(text)
    # Through JSON, so that what an alias shares becomes values of their own.
    return json.loads(json.dumps(data, default=str)) if isinstance(data, dict) else {}
