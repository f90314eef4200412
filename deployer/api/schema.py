"""`inv schema`: the JSON schema of inventories."""

from deployer.api.place import Place
from deployer.api.request import SchemaRequest
from deployer.errors import UsageError
from deployer.inventory.schema import schema as schema_of
from deployer.output.jsonl import json_text
from deployer.output.stream import Stream


def schema(place: Place, request: SchemaRequest) -> int:
    """Print it, or write it to a file; gives the exit code."""
    text = json_text(schema_of(), indent=2)
    if not request.out:
        Stream(place.stdout).line(text)
        return 0
    file = place.folder / request.out
    try:
        file.write_text(f"{text}\n", "utf-8")
    except OSError as error:
        raise UsageError(
            f"`{file}` cannot be written: {error.strerror}.", hint="name another file for `--out`"
        ) from None
    return 0
