"""Types of the inventory in words: named ones with their grammar, the rest as they are."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from deployer.core import git_names, inventory, network, processes, quantities, secret, values
from deployer.core.grammar import Grammar
from deployer.core.model import Model
from deployer.core.plugin import Plugged, kinds
from deployer.core.quantities import Seconds
from docs.generator.markdown import table
from docs.generator.sources import text_below

_MODULES = (values, network, quantities, git_names, secret, processes, inventory)
_PLAIN = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}
_ALLOWED = {
    "Address": "a DNS name or an IP address, without user, port, brackets or zone",
    "HostKey": "`ssh-ed25519 AAAA…`, also ecdsa and RSA keys and those of security keys",
    "JumpHost": "`user@host:port`, user and port optional, IPv6 in brackets",
    "GitUrl": "`https://…`, `ssh://user@host/path`, `git@host:path`; no password in it; "
    "with `transport: push` also a path on this machine",
    "EnvValue": "text (in quotes if it looks like a number), or `{secret: NAME}`",
    "SecretsSource": "`env`, `dotenv`, `sops`, `command`, or a mapping with `kind`",
    "ProgramWords": "a program, by name or path, then its words; no `$`, for nothing is expanded",
    "StopTime": "as a `Duration`, at most `30m`",
    "Batch": "a number of hosts from 1, or a share from `1%` to `100%`",
}


def named() -> dict[str, tuple[object, str]]:
    """Give every named type: its name, the type itself, and the text below it in the source."""
    return {
        name: (getattr(module, name), text)
        for module in _MODULES
        for name, text in text_below(module).items()
        if get_origin(getattr(module, name)) is Annotated
    }


def words(hint: object) -> str:
    """Say what a value may be; a named type is a link to its row."""
    name = next((name for name, (one, _) in named().items() if _same(hint, one)), "")
    if name:
        return f"[{name}](#{name.lower()})"
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(parts[0], parts[1:])
    if origin is not None:
        return _composed(origin, parts)
    if isinstance(hint, type) and issubclass(hint, Model):
        return "mapping, see below"
    return _PLAIN[hint] if isinstance(hint, type) else str(hint)


def _composed(origin: object, parts: tuple[object, ...]) -> str:
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in parts)
    if origin is tuple:
        return f"list of {words(parts[0])}"
    if origin is Mapping:
        return f"mapping of {words(parts[0])} to {words(parts[1])}"
    return " or ".join(words(one) for one in parts if one is not type(None))


def type_table() -> str:
    """Give the table of the named types."""
    rows = (
        (f'<a id="{name.lower()}"></a>{name}', text, _allowed(name, one))
        for name, (one, text) in sorted(named().items())
    )
    return table(("type", "what it is", "what is allowed"), rows)


def _annotated(inner: object, marks: Iterable[object]) -> str:
    for mark in marks:
        if isinstance(mark, Plugged):
            return " or ".join(f"`{kind}`" for kind in kinds(mark.group))
        if isinstance(mark, Grammar):
            return mark.allowed
        if isinstance(mark, FieldInfo) and inner is int:
            return f"{words(inner)}{_bounds(mark)}"
    return words(inner)


def _bounds(field: FieldInfo) -> str:
    least = next((one.ge for one in field.metadata if isinstance(one, Ge)), "")
    most = next((one.le for one in field.metadata if isinstance(one, Le)), "")
    return f" from {least} to {most}"


def _allowed(name: str, hint: object) -> str:
    inner, *marks = get_args(hint)
    if name in _ALLOWED:
        return _ALLOWED[name]
    for mark in marks:
        if isinstance(mark, Seconds):
            least = "`0`" if mark.zero else "more than 0"
            return f"`2s`, `500ms`, `2m`, `1h` or a number of seconds; {least} to `24h`"
    return _annotated(inner, marks)


def _same(one: object, other: object) -> bool:
    if get_origin(one) is not Annotated or get_origin(other) is not Annotated:
        return False
    return get_args(one) == get_args(other)
