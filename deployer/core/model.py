"""The base of everything that comes from a file: frozen, strict, and exact about what is wrong."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Place = tuple[str | int, ...]
"""Where a value stands in its model: keys and list positions."""


class Model(BaseModel):
    """A frozen value; unknown keys are refused with the nearest known one."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        defer_build=True,  # most models are only ever built inside of another one
    )

    set_by_loader: ClassVar[frozenset[str]] = frozenset()
    """Fields that no file may hold: the place in the files says them."""

    @model_validator(mode="wrap")
    @classmethod
    def _name_known_keys(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            if not any(_is_unknown_key(detail) for detail in found):
                raise
            known = sorted(
                field.alias or name
                for name, field in cls.model_fields.items()
                if name not in cls.set_by_loader
            )
            raise _rebuilt(cls.__name__, found, known) from None


def refused(allowed: str) -> PydanticCustomError:
    """Make the error of a validator: the text says what is allowed, never what was found."""
    return PydanticCustomError("refused", "{allowed}", {"allowed": allowed})


def refused_at(title: str, *where: tuple[Place, str]) -> ValidationError:
    """Make an error about keys below the value at hand; each with what is allowed there."""
    return ValidationError.from_exception_data(
        title,
        [InitErrorDetails(type=refused(text), loc=place, input=None) for place, text in where],
        hide_input=True,
    )


def refuse_twins(title: str, **lists: tuple[object, ...]) -> None:
    """Refuse a value that a list holds twice."""
    twice = [
        ((name, place), "this is in the list already: leave one out")
        for name, values in lists.items()
        for place, value in enumerate(values)
        if value in values[:place]
    ]
    if twice:
        raise refused_at(title, *twice)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give `, did you mean …` if a known word is near, else nothing."""
    near = get_close_matches(word[:64], list(known), n=1, cutoff=0.6)
    return f", did you mean `{near[0]}`?" if near else ""


def _is_unknown_key(detail: ErrorDetails) -> bool:
    return detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1


def _rebuilt(title: str, found: list[ErrorDetails], known: list[str]) -> ValidationError:
    return ValidationError.from_exception_data(
        title, [_detail(detail, known) for detail in found], hide_input=True
    )


def _detail(detail: ErrorDetails, known: list[str]) -> InitErrorDetails:
    if _is_unknown_key(detail):
        kind = _unknown_key(str(detail["loc"][0]), known)
        return InitErrorDetails(type=kind, loc=detail["loc"], input=None)
    context = detail.get("ctx", {})
    if detail["type"] in {"refused", "unknown_key"}:
        custom = PydanticCustomError(detail["type"], "{allowed}", context)
        return InitErrorDetails(type=custom, loc=detail["loc"], input=None)
    return InitErrorDetails(type=detail["type"], loc=detail["loc"], input=None, ctx=context)


def _unknown_key(key: str, known: list[str]) -> PydanticCustomError:
    near = did_you_mean(key, known)
    allowed = near.removeprefix(", ") if near else f"allowed: {', '.join(known)}"
    return PydanticCustomError("unknown_key", "{allowed}", {"allowed": allowed})
