# ruff: noqa: E501, PT017  tables of texts; what an error says is what is asserted
"""Makes broken inventories and feeds them to the loader and to the renderer."""

import json
import random
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path

from deployer.api.rendered import app_files, base_files
from deployer.core.inventory import Inventory
from deployer.core.secret import Secret
from deployer.errors import InventoryError, TemplateError
from deployer.inventory.loader import load
from deployer.inventory.schema import Json, schema
from tests.fuzz.pools import SECRET, any_text, any_value

Data = dict[str, object]
Spot = tuple[object, object]
"""A mapping or list, and the key or place in it."""

PIECES = (
    ":", ": ", "- ", "\n", "\n  ", "\n\n", "{", "}", "[", "]", "'", '"', "&a ", "*a", "!!str ", "---\n",
    "...\n", "? ", "|\n", ">\n", "<<: *a\n", "~", "022", "no", "\t", "#", "%YAML 1.1\n", "\\x", "\0", "\ufeff",
    "\x85", "\u2028", "\r", "\r\n", ",", "é", "\ud800", "a: a\n", "&a [*a]", "1" * 5000,
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig")


def base(chance: random.Random) -> Data:
    """Give a valid inventory that says much."""
    push = chance.random() < 0.5
    return {
        "app": {
            "name": "shop",
            "source": {"kind": "git", "url": ".", "revision": "main", "transport": "push"}
            if push
            else {"kind": "git", "url": "git@git.example.org:shop.git", "subdirectory": "src"},
            "installer": chance.choice(("pip", "uv", {"kind": "pip", "require_hashes": True})),
            "framework": chance.choice(
                (
                    {"kind": "django", "settings": "shop.settings"},
                    {"kind": "flask", "app": "shop:app"},
                    {"kind": "custom", "migrate": ["flask", "db", "upgrade"], "check": ["true"]},
                )
            ),
            "app_server": {"kind": "gunicorn", "module": "shop.wsgi:application", "workers": 2},
            "runtime": {"kind": "systemd", "memory_max": "512M", "drain": "10s"},
            "web_server": chance.choice(
                ("none", {"kind": "nginx", "server_names": ["shop.example.org"], "listen": 80})
            ),
            "database": chance.choice(
                (
                    "none",
                    {"kind": "sqlite", "path": "db.sqlite3"},
                    {"kind": "postgres", "url": {"secret": "DATABASE_URL"}},
                    {"kind": "postgres", "url": "postgres://shop@db.example.org/shop"},
                )
            ),
            "env": {"GREETING": "hello", "SECRET_KEY": {"secret": "SECRET_KEY"}},
            "shared": {"directories": ["media"], "files": ["settings.local"]},
            "health": {"path": "/healthz", "expect_status": [200, 204], "smoke": ["/"]},
            "python": "python3",
        },
        "secrets": chance.choice(
            (
                "env",
                {"kind": "env", "prefix": "SHOP_"},
                {"kind": "dotenv", "file": ".env"},
                {"kind": "sops", "file": "secrets.yaml"},
                {"kind": "command", "command": ["pass", "show", "x"]},
            )
        ),
        "hosts": {
            "web1": {"address": "192.0.2.1", "roles": ["web", "migrate"], "port": 2222},
            "web2": {"address": "web2.example.org", "user": "deploy"},
        },
        "ssh": {"user": "deploy", "jump": "gate@192.0.2.9:2200", "connect_timeout": "5s"},
        "protected": True,
        "rollout": {"batches": [1, "50%"]},
        "retention": {"releases": 5, "backups": {"days": 7}},
    }


@cache
def known_keys() -> tuple[str, ...]:
    """Name every key of the schema, so that new ones are tried by themselves."""
    found: set[str] = set()

    def walk(part: Json) -> None:
        if isinstance(part, dict):
            properties = part.get("properties")
            found.update(properties if isinstance(properties, dict) else ())
        for inner in (
            part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        ):
            walk(inner)

    walk(schema())
    return tuple(sorted(found))


def spots(data: object) -> Iterator[Spot]:
    """Give every place below a value."""
    inner = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in inner:
        yield data, key
        yield from spots(value)


def mutated(data: Data, chance: random.Random) -> None:
    """Change one place of an inventory."""
    place, key = chance.choice(list(spots(data)))
    assert isinstance(place, dict | list)
    kind = chance.randrange(7)
    if isinstance(place, list):
        changed_list(place, key, kind, chance)
    elif kind <= 2:
        place[key] = any_value(chance)
    elif kind == 3:
        del place[key]
    elif kind == 4:
        place[key] = [place[key]] if chance.random() < 0.5 else {"x": place[key]}
    elif kind == 5:
        place[chance.choice(known_keys())] = any_value(chance)
    else:
        place[any_text(chance)] = place[key]


def changed_list(items: list[object], at: object, kind: int, chance: random.Random) -> None:
    """Change, take away or add an item."""
    assert isinstance(at, int)
    if kind <= 2:
        items[at] = any_value(chance)
    elif kind == 3:
        del items[at]
    else:
        items.append(items[at] if kind == 4 else any_value(chance))


def planted(data: Data, chance: random.Random) -> None:
    """Put the secret where people put secrets, in spite of what the docs say."""
    app = data.get("app")
    if not isinstance(app, dict):
        return
    kind = chance.randrange(5)
    if kind == 0 and isinstance(app.get("env"), dict):
        app["env"]["PASSWORD"] = chance.choice(
            (SECRET, f"{SECRET}\0", [SECRET], {"secret": f"{SECRET}!"})
        )
    elif kind == 1:
        app["database"] = {"kind": "postgres", "url": f"postgres://u:{SECRET}@h/x y"}
    elif kind == 2:
        app["source"] = {"kind": "git", "url": f"https://u:{SECRET}@h/x"}
    elif kind == 3:
        data["secrets"] = {"kind": "command", "command": ["echo", f"{SECRET}\n"]}
    else:
        app["api_token"] = SECRET


def written(data: Data, chance: random.Random) -> str:
    """Write it as YAML: JSON is YAML too; else a line for each key."""
    if chance.random() < 0.5:
        return json.dumps(data, ensure_ascii=chance.random() < 0.5, indent=chance.choice((None, 1)))
    lines = (
        f"{key if re.fullmatch('[a-z_]+', str(key)) else json.dumps(str(key))}: "
        f"{json.dumps(value, ensure_ascii=False)}\n"
        for key, value in data.items()
    )
    return "".join(lines)


def scratched(text: str, chance: random.Random) -> str:
    """Damage a text at some places."""
    for _ in range(chance.randrange(1, 5)):
        at, length = chance.randrange(len(text) + 1), chance.randrange(12)
        text = text[:at] + chance.choice(PIECES) + text[at + length :]
    return text


def content(chance: random.Random) -> tuple[bytes, bool]:
    """Give the bytes of a file, and whether a secret stands in it where secrets belong."""
    kind = chance.random()
    if kind < 0.04:
        return chance.randbytes(chance.randrange(400)), False
    if kind < 0.08:
        return any_text(chance).encode("utf-8", "surrogatepass"), False
    data = deepcopy(base(chance))
    for _ in range(chance.randrange(4)):
        mutated(data, chance)
    holds_secret = chance.random() < 0.3
    if holds_secret:
        planted(data, chance)
    text = written(data, chance)
    if chance.random() < 0.3:
        text = scratched(text, chance)
    if chance.random() < 0.03:
        return text.encode(chance.choice(ENCODINGS), "replace"), holds_secret
    return text.encode("utf-8", "surrogatepass"), holds_secret


def attempt(folder: Path, chance: random.Random) -> str:
    """Load one inventory; gives how it ended: `taken` or `refused`. Raises AssertionError."""
    written_bytes, holds_secret = content(chance)
    (folder / "prod.yaml").write_bytes(written_bytes)
    try:
        inventory = load(folder, "prod", {"HOME": "/home/someone"})
    except InventoryError as error:
        told = str(error) + error.hint
        assert error.exit_code == 2
        assert error.hint
        assert error.problems
        assert all(one.startswith(f"{folder}/prod.yaml:") for one in error.problems), told
        assert all(
            re.fullmatch(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*", one) for one in error.problems
        ), told
        assert len(told) < 100_000
        if holds_secret:
            assert SECRET not in told, told
        return "refused"
    rendered(inventory)
    return "taken"


def rendered(inventory: Inventory) -> None:
    """Render what was taken; a template may refuse a value, in words."""
    secrets = {name: Secret(SECRET) for name in inventory.secret_names()}
    try:
        app_files(inventory, secrets, Path("/nowhere"))
        base_files(inventory, Path("/nowhere"))
    except TemplateError as error:
        assert SECRET not in str(error) + error.hint  # any other error is a finding
