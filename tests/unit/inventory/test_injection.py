"""Hostile text in every field of the schema: refused with its place, or data and nothing else.

The fields are read from the schema, so that a new one is tried by itself.
"""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployer.agent.system import env_file
from deployer.api.rendered import app_files, base_files
from deployer.core.inventory import Inventory
from deployer.core.secret import Secret
from deployer.errors import InventoryError, TemplateError
from deployer.inventory.loader import load
from deployer.inventory.schema import Json, schema

HOSTILE = (
    "$(touch canary)", "`touch canary`; #", "a\r\nUser=root", "%n%%50%off", "{{7*7}}",
    "--upload-pack=touch canary", "a\0b", "../../etc/passwd", "a'b\"\\", "a\u202eb\u2028",
    "\x1b[31ma", "a}\nserver { listen 1; }", "ext::sh -c touch% canary", "a#b|c&&d>e",
)  # fmt: skip

ANY_TEXT = {
    "app.env.*": "the app's own environment: any text, byte for byte",
    "app.framework[custom].check[]": "a word of a command; no shell reads it",
    "app.framework[custom].migrate[]": "as above",
    "app.framework[custom].pending[]": "as above",
    "app.framework[custom].collect_static[]": "as above",
    "secrets[command].command[]": "as above, and on this machine",
    "secrets[dotenv].file": "a path on this machine, opened and never run",
    "secrets[sops].file": "a path on this machine; it may not begin with `-`",
    "ssh.identity": "as above",
    "ssh.known_hosts": "as above",
    "app.installer[pip].wheelhouse": "as above",
    "app.installer[uv].wheelhouse": "as above",
    "app.source[git].url": "a path on this machine may hold blanks",
    "app.database[mysql].without_backup": "a reason for people, shown",
    "app.database[none].without_backup": "as above",
    "app.database[postgres].without_backup": "as above",
    "app.database[sqlite].without_backup": "as above",
    "backup.copy[command].words[]": "a word of a command; no shell reads it",
    "app.processes.worker.command[]": "a word of a command; no shell reads it",
    "app.timers.nightly.command[]": "as above",
    "balancer[hooks].drain[]": "a word of a command on this machine; no shell reads it",
    "balancer[hooks].undrain[]": "as above",
    "app.migrations.additive[]": "compared with the names of migrations, and shown",
}
"""The fields that take hostile text at all, and why that is no harm. Add none without a reason."""
MINIMAL: dict[str, dict[str, Json]] = {
    "django": {"settings": "a.b"}, "flask": {"app": "a:b"}, "gunicorn": {"module": "a:b"},
    "nginx": {"server_names": ["a.example.org"]}, "postgres": {"url": {"secret": "X"}},
    "sqlite": {"path": "db"}, "dotenv": {"file": "x"}, "sops": {"file": "x"},
    "mysql": {"url": {"secret": "X"}}, "command": {"command": ["x"]},
    "copy/command": {"words": ["/usr/bin/x"]}, "copy/rsync": {"to": "x"},
    "git": {"transport": "push"}, "hooks": {"drain": ["x"], "undrain": ["x"]},
}  # fmt: skip
"""What a kind needs besides the field that is tried."""
NAMED: dict[str, dict[str, Json]] = {
    "worker": {"command": ["x"]}, "nightly": {"command": ["x"], "schedule": "daily"},
}  # fmt: skip
"""What a part under a name of one's own needs."""
NAMES: dict[tuple[object, ...], str] = {
    ("hosts",): "web1", ("app", "processes"): "worker", ("app", "timers"): "nightly",
}  # fmt: skip
"""A name where not every word is one."""
BASE: dict[str, Json] = {
    "app": {"name": "shop", "app_server": {"kind": "gunicorn", "module": "shop.wsgi:application"}},
    "hosts": {"web1": {"address": "192.0.2.1"}},
}
Step = str | int | tuple[str, str]
"""A key, a place in a list, or (key, kind): the part under this key has this kind."""


@dataclass(frozen=True)
class Leaf:
    """A place for text in an inventory."""

    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        return "".join(map(_named, self.steps)).removeprefix(".")

    @property
    def key(self) -> str:
        """The last key on the way to it, which a problem names."""
        keys = [step[0] if isinstance(step, tuple) else step for step in self.steps]
        return str([key for key in keys if isinstance(key, str)][-1])


def _named(step: Step) -> str:
    if isinstance(step, tuple):
        return f".{step[0]}[{step[1]}]"
    return "[]" if isinstance(step, int) else ".*" if step == "NAME" else f".{step}"


def leaves(part: Json, whole: dict[str, Json], steps: tuple[Step, ...] = ()) -> Iterator[Leaf]:
    """Give every place where the schema takes text that is no fixed word."""
    if not isinstance(part, dict):
        return
    if part.get("type") == "string" and not {"enum", "const"} & part.keys():
        yield Leaf(steps)
    for inner, at in below(part, whole, steps):
        yield from leaves(inner, whole, at)


def below(
    part: dict[str, Json], whole: dict[str, Json], steps: tuple[Step, ...]
) -> Iterator[tuple[Json, tuple[Step, ...]]]:
    """Give the parts of a schema's part, and where each of them stands."""
    match part:
        case {"$ref": str(name)}:
            defined = whole["$defs"]
            assert isinstance(defined, dict)
            yield defined[name.rpartition("/")[2]], steps
        case {"anyOf": list(choices)} | {"oneOf": list(choices)}:
            yield from ((choice, steps) for choice in choices)
        case {"properties": dict(fields)}:
            at = of_kind(fields.get("kind"), steps)
            yield from ((field, (*at, name)) for name, field in fields.items())
        case {"patternProperties": dict(inner)}:
            key = NAMES.get(steps, "NAME")
            yield from ((field, (*steps, key)) for field in inner.values())
        case {"items": inner}:
            yield inner, (*steps, 0)
        case _:
            pass


def of_kind(kind: Json, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    if isinstance(kind, dict) and "const" in kind:
        return (*steps[:-1], (str(steps[-1]), str(kind["const"])))
    return steps


def fields() -> tuple[Leaf, ...]:
    whole = schema()
    return tuple(sorted(set(leaves(whole, whole)), key=lambda leaf: leaf.name))


FIELDS = fields()


def with_value(leaf: Leaf, value: Json) -> dict[str, Json]:
    """Give an inventory that says `value` there, and else what is needed."""
    whole = deepcopy(BASE)
    place: Json = whole
    for step, following in zip(leaf.steps, (*leaf.steps[1:], None), strict=True):
        key = step[0] if isinstance(step, tuple) else step
        fresh: Json = [] if isinstance(following, int) else deepcopy(NAMED.get(str(step), {}))
        if isinstance(step, tuple):
            least = MINIMAL.get("/".join(step), MINIMAL.get(step[1], {}))
            fresh = {"kind": step[1], **deepcopy(least)}
        if isinstance(place, list):
            place[:] = [value if following is None else fresh]
            place = place[0]
        elif isinstance(place, dict):
            if following is None:
                place[str(key)] = value
            else:
                old = place.get(str(key))
                kept = isinstance(old, dict) and not isinstance(step, tuple)
                place[str(key)] = old if kept else fresh
            place = place[str(key)]
    return whole


def loaded(folder: Path, data: dict[str, Json]) -> Inventory | InventoryError:
    (folder / "prod.yaml").write_text(json.dumps(data))
    try:
        return load(folder, "prod", {"HOME": "/home/someone"})
    except InventoryError as error:
        return error


def rendered(inventory: Inventory) -> dict[str, bytes] | TemplateError:
    secrets = {name: Secret("s3cr3t-value") for name in inventory.secret_names()}
    nowhere = Path("/nowhere")
    try:
        files = (*app_files(inventory, secrets, nowhere), *base_files(inventory, nowhere))
    except TemplateError as error:
        return error
    return {file.path: file.content for file in files}


def skeleton(content: bytes) -> list[str]:
    """Give what each line is about: what a value could forge only by a line of its own."""
    return [re.split(r"[=\s(]", line, maxsplit=1)[0] for line in content.decode().split("\n")]


def test_the_walk_finds_the_fields():
    names = {leaf.name for leaf in FIELDS}

    assert len(names) > 40
    assert names >= {
        "app.name", "app.env.*", "app.source[git].revision", "app.health.path", "ssh.jump",
        "hosts.web1.address", "hosts.web1.host_keys[]", "app.web_server[nginx].server_names[]",
        "app.framework[custom].migrate[]", "secrets[command].command[]",
    }  # fmt: skip
    assert names >= ANY_TEXT.keys()


@pytest.mark.parametrize("leaf", FIELDS, ids=lambda leaf: leaf.name)
def test_hostile_text_is_refused_at_its_place_or_stays_data(leaf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = rendered_plain(leaf, tmp_path)
    for value in HOSTILE:
        result = loaded(tmp_path, with_value(leaf, value))
        if isinstance(result, InventoryError):
            assert any(leaf.key in problem for problem in result.problems), (value, result)
            assert result.exit_code == 2
            assert "canary)" not in str(result) or "`" in str(result)
            continue
        assert leaf.name in ANY_TEXT, f"{leaf.name} takes {value!r}: refuse it, or say why not"
        stays_data(result, value, plain)
    assert not list(tmp_path.glob("*canary*"))


def rendered_plain(leaf: Leaf, folder: Path) -> dict[str, list[str]]:
    result = loaded(folder, with_value(leaf, "plain"))
    files = rendered(result) if isinstance(result, Inventory) else {}
    assert isinstance(files, dict)
    return {path: skeleton(content) for path, content in files.items() if path != "app.env"}


def stays_data(inventory: Inventory, value: str, plain: dict[str, list[str]]) -> None:
    files = rendered(inventory)
    if isinstance(files, TemplateError):
        return  # refused in words, by exit code 2
    environment = env_file.read(files.pop("app.env"))
    if "NAME" in inventory.app.env:
        assert environment["NAME"] == value
    if plain:
        assert {path: skeleton(content) for path, content in files.items()} == plain
    assert all(b"{{7*7}}" in content or b"49" not in content for content in files.values())


KEYS = ("a b", "a;b", "a\nb", "$(id)", "../x", "-x", "A%n", "a'b", "{{x}}", "a\0b", "a\u202eb", "")


@pytest.mark.parametrize("key", KEYS)
def test_hostile_names_of_hosts_and_variables_are_refused(key, tmp_path):
    hosts = BASE | {"hosts": {key: {"address": "192.0.2.1"}}}
    app = BASE["app"]
    assert isinstance(app, dict)
    env = BASE | {"app": app | {"env": {key: "x"}}}

    for data in (hosts, env):
        assert isinstance(loaded(tmp_path, data), InventoryError)


REVISIONS = (
    "-x", "--upload-pack=touch canary", "--exec=x", "a..b", "HEAD@{1}", "v1;id", "refs/../x",
    "x.lock", "a b", "$(id)", "a\nb", "a\0b", "a~1", "a^{tree}", ":/x", "", "@", "é", "a\\b",
    "*", "?", "[a]", "-", "a/", "/a", "a//b", ".a",
)  # fmt: skip
URLS = (
    "ext::sh -c touch% canary", "ext::x", "--upload-pack=x", "-oProxyCommand=x", "http://h/x",
    "git://h/x", "ftp://h/x", "https://u:p@h/x", "https://token@h/x", "ssh://-oProxyCommand=x/y",
    "git@-oProxyCommand=x:y", "git@h:-x", "https://h/$(id)", "https://h/a b", "file:///x;y",
    "https://h/\nx", "ssh://u:p@h/x", "transport::x", "https://h:99999999/x",
)  # fmt: skip


@pytest.mark.parametrize("revision", REVISIONS)
def test_no_revision_is_an_option_or_an_expression(revision, tmp_path):
    leaf = Leaf(("app", ("source", "git"), "revision"))

    assert isinstance(loaded(tmp_path, with_value(leaf, revision)), InventoryError)


@pytest.mark.parametrize("transport", ["pull", "push"])
@pytest.mark.parametrize("url", URLS)
def test_no_url_is_an_option_or_a_program(url, transport, tmp_path):
    source: Json = {"kind": "git", "url": url, "transport": transport}
    app = BASE["app"]
    assert isinstance(app, dict)

    assert isinstance(loaded(tmp_path, BASE | {"app": app | {"source": source}}), InventoryError)


@pytest.mark.parametrize("url", ["/srv/x.git", "../x", ".", "file:///srv/x.git", "a b"])
def test_a_path_is_no_source_for_hosts(url, tmp_path):
    leaf = Leaf(("app", ("source", "git"), "url"))
    data = with_value(leaf, url)
    app = data["app"]
    assert isinstance(app, dict)
    app["source"] = {"kind": "git", "url": url, "transport": "pull"}

    assert isinstance(loaded(tmp_path, data), InventoryError)
