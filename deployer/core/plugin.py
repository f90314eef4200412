"""The `kind` of a part of the app, looked up among entry points: one choice, one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import Generic, TypeVar, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from deployer.core.model import Model, did_you_mean, refused, refused_at

Part_co = TypeVar("Part_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Plugged:
    """Marks a field whose class is an entry point of the group `deployer.<group>`."""

    group: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Choose the class by `kind`, then let it validate the rest."""
        return core_schema.with_info_plain_validator_function(
            self._chosen, serialization=core_schema.plain_serializer_function_ser_schema(_dumped)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """List every installed kind, and its bare name."""
        names: JsonSchemaValue = {"type": "string", "enum": list(kinds(self.group))}
        found = (find_kind(self.group, name) for name in kinds(self.group))
        classes = [handler(one.__pydantic_core_schema__) for one in found if one]
        return {"anyOf": [names, *classes]}

    def _chosen(self, value: object, info: core_schema.ValidationInfo[object]) -> Model:
        return self.choose(value, info.context)

    def choose(self, value: object, context: object = None) -> Model:
        """Give the part that the value describes: `django`, or `{kind: django, …}`."""
        if isinstance(value, Model):
            return value
        if isinstance(value, str):
            return self._class(value, ()).model_validate({"kind": value}, context=context)
        if not isinstance(value, Mapping):
            raise refused(f"allowed: {self._list()}, alone or as `kind` of a mapping")
        kind = value.get("kind")
        if kind is None:
            raise refused_at(self.group, (("kind",), f"is missing, allowed: {self._list()}"))
        if not isinstance(kind, str):
            raise refused_at(self.group, (("kind",), f"allowed: {self._list()}"))
        return self._class(kind, ("kind",)).model_validate(value, context=context)

    def _class(self, kind: str, place: tuple[str, ...]) -> type[Model]:
        found = find_kind(self.group, kind)
        if found is not None:
            return found
        text = f"allowed: {self._list()}{did_you_mean(kind, kinds(self.group))}"
        raise refused_at(self.group, (place, text)) if place else refused(text)

    def _list(self) -> str:
        return ", ".join(kinds(self.group))


@dataclass(frozen=True, slots=True)
class DefaultPart(Generic[Part_co]):
    """Makes the default of a field: the part that these fields describe."""

    group: str
    fields: tuple[tuple[str, str], ...]

    def __call__(self) -> Part_co:
        """Make it when a field has no value."""
        return cast("Part_co", Plugged(self.group).choose(dict(self.fields)))


def kinds(group: str) -> tuple[str, ...]:
    """Name every kind of a group, ours and those of installed packages."""
    return tuple(sorted({*_ours(group), *_installed(group)}))


def find_kind(group: str, kind: str) -> type[Model] | None:
    """Import the class of a kind; ours wins over a stranger's of the same name."""
    found = _ours(group).get(kind) or _installed(group).get(kind)
    return cast("type[Model]", found.load()) if found else None


@cache
def _ours(group: str) -> Mapping[str, EntryPoint]:
    # Our own metadata alone is read in 1 ms; all installed packages take ten times as long.
    try:
        found = distribution("deployer").entry_points
    except PackageNotFoundError:
        return {}
    return {point.name: point for point in found.select(group=f"deployer.{group}")}


@cache
def _installed(group: str) -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"deployer.{group}")}


def _dumped(part: Model) -> Mapping[str, object]:
    return part.model_dump()
