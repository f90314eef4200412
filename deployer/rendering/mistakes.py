"""What went wrong in a template, as one sentence with file and line and without any value."""

from traceback import walk_tb

from jinja2.exceptions import (
    SecurityError,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSyntaxError,
    UndefinedError,
)

from deployer.errors import TemplateError
from deployer.rendering.escape import Unwritable

MISTAKES = (
    TemplateSyntaxError,
    TemplateNotFound,
    TemplateRuntimeError,
    Unwritable,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)
"""What a template can raise; anything else is a bug of ours."""

_EXPLAINED = (TemplateNotFound, UndefinedError, SecurityError, TemplateRuntimeError, Unwritable)


def explain(
    error: Exception, name: str, files: frozenset[str], names: tuple[str, ...]
) -> TemplateError:
    """Make the error that a user sees of one that a template raised."""
    place = _place(error, files) or name
    return TemplateError(f"{place}: {_cause(error)}", hint=_hint(error, names))


def _place(error: Exception, files: frozenset[str]) -> str:
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or error.name}:{error.lineno}"
    frames = (
        f"{frame.f_code.co_filename}:{line}"
        for frame, line in walk_tb(error.__traceback__)
        if frame.f_code.co_filename in files
    )
    return max(enumerate(frames), default=(0, ""))[1]


def _cause(error: Exception) -> str:
    if isinstance(error, TemplateSyntaxError):
        return _sentence(error.message or "the template cannot be read")
    if isinstance(error, _EXPLAINED):
        return _sentence(str(error))
    if isinstance(error, RecursionError):
        return "The template includes or calls itself without end."
    return f"The template fails with a {type(error).__name__}."  # its text may hold a secret


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].removesuffix(".") + "."


def _hint(error: Exception, names: tuple[str, ...]) -> str:
    if isinstance(error, UndefinedError):
        return f"Use the names that this template may see: {', '.join(sorted(names))}."
    return "Mend the template or the value in the inventory, then run `inv render` again."
