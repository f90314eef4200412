"""The reference of inventory keys, from the models that read them."""

from collections.abc import Iterator, Mapping
from typing import Annotated, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from deployer.core.inventory import Inventory
from deployer.core.model import Model
from deployer.core.plugin import DefaultPart, Plugged, find_kind, kinds
from deployer.core.quantities import Seconds
from deployer.core.secret import SecretReference
from docs.generator.markdown import first_sentence, page, table
from docs.generator.named_types import type_table, words

_INTRO = """\
An inventory is `inventories/<environment>.yaml`, laid over `inventories/base.yaml` if there is one.
Mappings merge, everything else replaces, and `null` removes. A part that chooses another `kind`
replaces the whole part.

A part with a `kind` may be written as its name alone when it needs nothing else:
`runtime: systemd`. Unknown keys, doubled keys and values that YAML would read as something else
(`port: 022`, `no`) are refused with file, line and column, all at once, before any host is
contacted. For your editor: `inv schema --out inventories/schema.json`."""


def inventory_page() -> str:
    """Give the page."""
    return page("Inventory keys", _INTRO, *_sections(Inventory, ""), "## Types", type_table())


def _sections(model: type[Model], path: str, kind: str = "") -> Iterator[str]:
    title = f"## `{path}`" if path else "## The file"
    if kind:
        title = f"## `{path}` of the kind `{kind}`"
    yield f"{title}\n\n{first_sentence(model.__doc__)}\n\n{_table(model, kind)}"
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name in _shown(model):
            yield from _below(hint, f"{path}.{_key(model, name)}" if path else _key(model, name))


def _below(hint: object, path: str) -> Iterator[str]:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        group = next((mark.group for mark in parts if isinstance(mark, Plugged)), "")
        yield from _kinds(group, path) if group else _below(parts[0], path)
    elif origin is Mapping:
        yield from _below(parts[1], f"{path}.<name>")
    elif path == "secrets" or _are_kinds(parts):
        for one in parts:
            yield from _sections(one, path, str(one.model_fields["kind"].default))
    elif isinstance(hint, type) and issubclass(hint, Model) and hint is not SecretReference:
        yield from _sections(hint, path)  # the type EnvValue says what a SecretReference is
    else:
        yield from (section for one in parts for section in _below(one, path))


def _are_kinds(parts: tuple[object, ...]) -> bool:
    return bool(parts) and all(
        isinstance(one, type) and issubclass(one, Model) and "kind" in one.model_fields
        for one in parts
    )


def _kinds(group: str, path: str) -> Iterator[str]:
    for kind in kinds(group):
        model = find_kind(group, kind)
        if model is not None:
            yield from _sections(model, path, kind)


def _table(model: type[Model], kind: str) -> str:
    hints = get_type_hints(model, include_extras=True)
    rows = [
        (f"`{_key(model, name)}`", words(hints[name]), _default(field, hints[name]), _about(field))
        for name, field in _shown(model).items()
        if not (kind and name == "kind")
    ]
    return table(("key", "value", "default", "meaning"), rows) if rows else "No further keys."


def _shown(model: type[Model]) -> Mapping[str, FieldInfo]:
    fields = model.model_fields
    return {name: one for name, one in fields.items() if name not in model.set_by_loader}


def _key(model: type[Model], name: str) -> str:
    return model.model_fields[name].alias or name


def _about(field: FieldInfo) -> str:
    return field.description or ""


def _default(field: FieldInfo, hint: object) -> str:
    if field.is_required():
        return "**required**"
    if isinstance(field.default_factory, DefaultPart):
        return f"`{_flow(dict(field.default_factory.fields))}`"
    if field.default is PydanticUndefined:
        value = field.get_default(call_default_factory=True, validated_data={})
        return "see below" if isinstance(value, Model) and not _is_kind(value) else _written(value)
    is_time = any(isinstance(one, Seconds) for one in get_args(hint))
    if is_time:
        return f"`{field.default:g}s`" if field.default else "`0`"
    return _written(field.default)


def _is_kind(value: Model) -> bool:
    return "kind" in type(value).model_fields


def _written(value: object) -> str:
    if isinstance(value, Model):
        return f"`{getattr(value, 'kind', '')}`"
    return "none" if value is None else f"`{_flow(value)}`"


def _flow(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
        case tuple():
            return "[" + ", ".join(_flow(one) for one in value) + "]"
        case str():
            return value if value and "%" not in value else f'"{value}"'
        case _:
            return str(value)
