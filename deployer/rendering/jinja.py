"""Jinja without its ways around escaping; importing this costs 70 ms, so it waits until needed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from jinja2 import BaseLoader, StrictUndefined, TemplateNotFound, nodes
from jinja2.exceptions import SecurityError, TemplateAssertionError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from deployer.rendering import escape
from deployer.rendering.language import OWN, Language

_LARGEST_SOURCE = 262_144
_MOST_TURNS = 100_000
_NOT_HERE: Mapping[type[nodes.Node], str] = {
    nodes.FilterBlock: "filter",
    nodes.CallBlock: "call",
    nodes.EvalContextModifier: "autoescape",
}


class Environment(ImmutableSandboxedEnvironment):
    """Compiles templates so that only text of one language, and whole numbers, can be written.

    What macros, blocks and `{% set %}` blocks produce was checked piece by piece, so it counts as
    escaped. Tags whose result would be written unchecked are refused.
    """

    intercepted_binops = frozenset(("*", "**"))

    def __init__(self, language: Language, folders: tuple[Path, ...]) -> None:
        self._jail = Jail(folders)
        super().__init__(
            undefined=StrictUndefined,
            finalize=_finalizer(language),
            loader=self._jail,
            autoescape=False,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.concat = _joiner(language)  # type: ignore[method-assign]  # Jinja's own type is str.join
        self.globals = {name: self.globals[name] for name in ("range", "namespace")}
        del self.filters["random"]
        self.filters |= {"counted": self._counted, **_ESCAPES}
        self._turns = 0

    @property
    def files(self) -> frozenset[str]:
        """Name every template file that was read."""
        return frozenset(self._jail.files)

    def start(self) -> None:
        """Begin a file: its loops may turn 100,000 times."""
        self._turns = 0

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Refuse `"x" * 10 ** 9`."""
        if operator == "*" and isinstance(left, int) and isinstance(right, int):
            return left * right
        raise SecurityError(f"`{operator}` works on two whole numbers only")

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,  # noqa: FBT001, FBT002  the signature is Jinja's
    ) -> str:
        for kind, tag in _NOT_HERE.items():
            for found in source.find_all(kind):
                text = f"`{{% {tag} %}}` cannot be used here: its result would not be checked."
                raise TemplateAssertionError(text, found.lineno, name, filename)
        for loop in tuple(source.find_all(nodes.For)):
            loop.iter = nodes.Filter(
                loop.iter, "counted", [], [], None, None, lineno=loop.lineno
            ).set_environment(self)
        return super()._generate(source, name, filename, defer_init)

    def _counted(self, items: Iterable[object]) -> Iterator[object]:
        for item in items:
            self._turns += 1
            if self._turns > _MOST_TURNS:
                raise SecurityError(f"The loops turned more than {_MOST_TURNS:,} times.")
            yield item


class Jail(BaseLoader):
    """Finds templates in folders, the first that has one wins; nothing outside them is read."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self.files: set[str] = set()

    def get_source(
        self, environment: object, template: str
    ) -> tuple[str, str, Callable[[], bool] | None]:
        name = template.removeprefix(OWN)
        folders = self._folders if name == template else self._folders[-1:]
        parts = name.split("/")
        if any(part in {"", ".", ".."} or "\\" in part or "\0" in part for part in parts):
            raise TemplateNotFound(template, f"`{template}` is no name of a template.")
        for folder in folders:
            path = folder.joinpath(*parts)
            if path.is_file():
                return self._read(folder, path), str(path), None
        listed = ", ".join(f"`{folder}`" for folder in folders)
        raise TemplateNotFound(template, f"There is no template `{name}` in {listed}.")

    def _read(self, folder: Path, path: Path) -> str:
        self.files.add(str(path))
        if not path.resolve().is_relative_to(folder.resolve()):
            raise TemplateNotFound(str(path), f"`{path}` leads out of its templates folder.")
        content = path.read_bytes()
        if len(content) > _LARGEST_SOURCE:
            raise TemplateNotFound(str(path), f"`{path}` is larger than 256 KiB.")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise TemplateNotFound(str(path), f"`{path}` is not in UTF-8.") from None


def _defined(write: Callable[[object], escape.Escaped]) -> Callable[[object], escape.Escaped]:
    def write_defined(value: object) -> escape.Escaped:
        if isinstance(value, Undefined):
            str(value)  # StrictUndefined says which name is missing
        return write(value)

    return write_defined


_ESCAPES: Mapping[str, Callable[[object], escape.Escaped]] = {
    "word": _defined(escape.word),
    "systemd": _defined(escape.systemd),
    "systemd_replica": _defined(escape.systemd_replica),
    "calendar": _defined(escape.calendar),
    "nginx": _defined(escape.nginx),
    "nginx_pattern": _defined(escape.nginx_pattern),
    "python": _defined(escape.python),
    "env": _defined(escape.env),
    "html": _defined(escape.html),
    "sudoers": _defined(escape.sudoers),
}


def _finalizer(language: Language) -> Callable[[object], object]:
    def finalize(value: object) -> object:
        if isinstance(value, language.accepts) or type(value) is int:
            return value
        if isinstance(value, Undefined):
            return str(value)  # StrictUndefined says which name is missing
        raise escape.Unwritable(_why_not(value, language))

    return finalize


def _why_not(value: object, language: Language) -> str:
    if isinstance(value, escape.Escaped):
        return (
            f"the value is escaped for another language; {language.name} takes {language.filters}"
        )
    return f"a {type(value).__name__} is not escaped; {language.name} takes {language.filters}"


def _joiner(language: Language) -> Callable[[Iterable[str]], escape.Escaped]:
    return lambda parts: language.text("".join(parts))
