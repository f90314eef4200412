import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from deployer.core.plugin import kinds
from deployer.inventory.loader import load
from deployer.inventory.schema import schema

ROOT = Path(__file__).parents[3]
PARTS = {
    "source": "sources",
    "installer": "installers",
    "framework": "frameworks",
    "app_server": "app_servers",
    "runtime": "runtimes",
    "web_server": "web_servers",
    "database": "databases",
}


def errors(data):
    validator = jsonschema.Draft202012Validator(schema())
    return [error.message for error in validator.iter_errors(data)]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_in_the_repository_is_current():
    written = (ROOT / "inventories" / "schema.json").read_text(encoding="utf-8")

    assert json.loads(written) == schema(), "run `inv schema`"


@pytest.mark.parametrize(
    "file",
    [
        ROOT / "inventories" / "base.yaml",
        ROOT / "inventories" / "example.yaml",
        ROOT / "tests" / "data" / "prod.yaml",
    ],
    ids=lambda file: file.name,
)
def test_our_inventories_are_valid_by_the_schema(file):
    assert errors(YAML(typ="safe", pure=True).load(file)) == []


def test_the_example_is_accepted():
    assert load(ROOT / "inventories", "example", {}).app.name == "shop"


@pytest.mark.parametrize(("field", "group"), PARTS.items(), ids=PARTS)
def test_every_kind_is_in_the_schema(field, group):
    whole: Any = schema()
    bare, *parts = whole["$defs"]["App"]["properties"][field]["anyOf"]

    assert tuple(bare["enum"]) == kinds(group)
    assert sorted(part["properties"]["kind"]["const"] for part in parts) == sorted(kinds(group))


def objects(part):
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    yield part
    for value in inner:
        yield from objects(value)


def test_every_key_is_described():
    fields = [
        (key, value.keys())
        for part in objects(schema())
        if isinstance(part, dict)
        for key, value in part.get("properties", {}).items()
    ]

    assert len(fields) > 60
    assert [key for key, has in fields if key != "kind" and not {"description", "$ref"} & has] == []


@pytest.mark.parametrize(
    "data",
    [
        {"nope": 1},
        {"environment": "prod"},
        {"hosts": {"web1": {"name": "web1"}}},
        {"hosts": {"web1": {"port": 0}}},
        {"app": {"name": "Shop"}},
        {"app": {"framework": "djang"}},
        {"app": {"framework": {"kind": "djang"}}},
        {"app": {"app_server": {"kind": "gunicorn", "worker": 3}}},
        {"app": {"health": {"timeout": "30 seconds"}}},
        {"app": {"health": {"expect_status": "2xx"}}},
        {"app": {"env": {"A": 1}}},
        {"secrets": "vault"},
        {"rollout": {"batches": ["150%"]}},
        {"retention": {"releases": 1}},
    ],
    ids=str,
)
def test_an_editor_marks_what_the_loader_would_refuse(data):
    assert errors(data) != []
