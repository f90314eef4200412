"""The JSON schema of one inventory file, for editors and CI.

What a file leaves out may be in `base.yaml`, so the schema requires nothing; the loader does.
"""

from typing import cast

from deployer.core.host import Host
from deployer.core.inventory import Inventory

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
"""Data as a JSON file holds it."""


def schema() -> dict[str, Json]:
    """Give the schema; every installed kind is in it."""
    whole = cast("dict[str, Json]", Inventory.model_json_schema(by_alias=True))
    defined = _mapping(whole["$defs"])
    for model, part in ((Inventory, whole), (Host, _mapping(defined["Host"]))):
        for key in model.set_by_loader:
            del _mapping(part["properties"])[key]
    _allow_bare_kind(_mapping(_mapping(whole["properties"])["secrets"]))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_mapping(_without_required(whole)),
        "title": "Inventory of an environment",
    }


def _allow_bare_kind(secrets: dict[str, Json]) -> None:
    kinds = list(_mapping(_mapping(secrets.pop("discriminator"))["mapping"]))
    one_of = cast("list[Json]", secrets.pop("oneOf"))
    bare: dict[str, Json] = {"type": "string", "enum": [*kinds]}
    secrets["anyOf"] = [bare, *one_of]


def _without_required(part: Json) -> Json:
    match part:
        case dict():
            return {
                key: _without_required(value)
                for key, value in part.items()
                if not (key == "required" and isinstance(value, list))
            }
        case list():
            return [_without_required(item) for item in part]
        case _:
            return part


def _mapping(part: Json) -> dict[str, Json]:
    if not isinstance(part, dict):
        raise TypeError("The schema has another shape than expected.")
    return part
