"""The JSON schema of an inventory, for editors and CI."""

from deployer.core.host import Host
from deployer.core.inventory import Inventory
from deployer.inventory.tree import Plain


def schema() -> dict[str, Plain]:
    """Give the schema of an environment's file; every installed kind is in it."""
    whole = Inventory.model_json_schema(by_alias=True)
    for model, part in ((Inventory, whole), (Host, whole["$defs"]["Host"])):
        for key in model.set_by_loader:
            del part["properties"][key]
            part["required"].remove(key)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole,
        "title": "Inventory of an environment",
    }
