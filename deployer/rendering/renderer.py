"""Templates rendered strictly: nothing undefined, nothing unescaped, nothing from outside.

A project's own folder wins file by file. `{% extends "deployer/nginx/site.conf.j2" %}` takes ours,
so that a project changes one block and keeps the rest.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.errors import TemplateError
from deployer.rendering.language import Language, language_of

if TYPE_CHECKING:
    from jinja2 import Template

    from deployer.rendering.jinja import Environment

LARGEST_FILE = 1_048_576


def render(templates: tuple[Path, ...], name: str, values: Mapping[str, object]) -> str:
    """Render one template of a project or of ours; raises TemplateError with file and line."""
    return Renderer(templates).render(name, values)


def own_templates() -> Path:
    """Give the folder of our templates: in the package, or beside it in a clone."""
    packaged = Path(__file__).parents[1] / "_templates"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "templates"


class Renderer:
    """Renders templates of some folders, ours last; each template is compiled once."""

    def __init__(self, templates: tuple[Path, ...] = ()) -> None:
        self._folders = (*templates, own_templates())
        self._environments: dict[Language, Environment] = {}

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Render one template; raises TemplateError with file and line."""
        # Jinja takes 70 ms to import: commands that render nothing do not pay for it.
        from deployer.rendering.mistakes import MISTAKES, explain  # noqa: PLC0415  see above

        environment = self._environment(language_of(name))
        environment.start()
        try:
            return _bounded(environment.get_template(name), values)
        except MISTAKES as error:
            raise explain(error, name, environment.files, tuple(values)) from None

    def _environment(self, language: Language) -> "Environment":
        from deployer.rendering.jinja import Environment  # noqa: PLC0415  see above

        if language not in self._environments:
            self._environments[language] = Environment(language, self._folders)
        return self._environments[language]


def _bounded(template: "Template", values: Mapping[str, object]) -> str:
    parts: list[str] = []
    left = LARGEST_FILE
    for part in template.generate(values):
        left -= len(part)
        if left < 0:
            raise TemplateError(
                f"{template.filename}: The file grows over 1 MiB.",
                hint="Look for a loop that does not end, or for a value that is too large.",
            )
        parts.append(part)
    return "".join(parts)
