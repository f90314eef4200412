"""Text with a grammar: a whole match, a length, and words for what is allowed."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from deployer.core.model import refused


@dataclass(frozen=True, slots=True)
class Grammar:
    """Marks a text field: `pattern` must match the whole text (newlines included)."""

    pattern: str
    allowed: str
    longest: int = 255

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after pydantic has made sure that the value is text."""
        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Tell editors the same grammar."""
        return handler(schema) | {
            "pattern": f"^(?:{self.pattern})$",
            "maxLength": self.longest,
        }

    def checked(self, text: str) -> str:
        """Give the text back, or refuse it."""
        if len(text) > self.longest:
            raise refused(f"allowed: at most {self.longest} characters")
        if not re.fullmatch(self.pattern, text):
            raise refused(f"allowed: {self.allowed}")
        return text


@dataclass(frozen=True, slots=True)
class Checked:
    """Marks a field with a check that says what is wrong, or gives an empty text."""

    problem: Callable[[str], str]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after the marks to the left of this one."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, text: str) -> str:
        problem = self.problem(text)
        if problem:
            raise refused(problem)
        return text
