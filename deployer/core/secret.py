"""Secrets: where they come from, how the inventory names them, and a value that never prints."""

from collections.abc import Mapping
from typing import Annotated, Literal, NoReturn

from pydantic import BeforeValidator, Field, ValidatorFunctionWrapHandler, WrapValidator

from deployer.core.grammar import Grammar
from deployer.core.model import Model, refused
from deployer.core.values import LocalPath, SecretName, Word

LONGEST_VALUE = 65_536
"""Bytes of one value in the environment."""


class Secret:
    """A value that prints as `***` everywhere; `reveal()` is the one way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value, for a file's content or a program's stdin only."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(Secret)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A secret is not pickled or copied.")


class SecretReference(Model):
    """Names a secret instead of writing it down: `{secret: NAME}`."""

    secret: SecretName = Field(description="The secret's name in the source under `secrets`.")


def _text_or_secret(value: object, _: ValidatorFunctionWrapHandler) -> str | SecretReference:
    if isinstance(value, Mapping):
        return SecretReference.model_validate(value)
    if isinstance(value, SecretReference):
        return value
    if isinstance(value, str):
        return _any_text(value)
    raise refused("allowed: text (put it in quotes) or {secret: NAME}")


def _any_text(value: str) -> str:
    if "\0" in value:
        raise refused("allowed: any text without NUL")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise refused("allowed: any text that can be written as UTF-8 (no half of a pair)")
    if len(value.encode()) > LONGEST_VALUE:
        raise refused(f"allowed: at most {LONGEST_VALUE} bytes")
    return value


EnvValue = Annotated[str | SecretReference, WrapValidator(_text_or_secret)]
"""Any text, byte for byte, or the name of a secret."""


class EnvSecrets(Model):
    """Secrets from environment variables of the process that deploys."""

    kind: Literal["env"] = "env"
    prefix: Annotated[str, Grammar(r"[A-Za-z0-9_]{0,64}", "letters, digits and underscores")] = (
        Field(default="", description="Put before each name: `SHOP_` finds `SHOP_SECRET_KEY`.")
    )


class DotenvSecrets(Model):
    """Secrets from a file of `NAME=value` lines on this machine."""

    kind: Literal["dotenv"] = "dotenv"
    file: LocalPath = Field(description="The file, from the project's folder.")


class SopsSecrets(Model):
    """Secrets from a file that `sops` decrypts on this machine."""

    kind: Literal["sops"] = "sops"
    file: LocalPath = Field(description="The encrypted file, from the project's folder.")


class CommandSecrets(Model):
    """Secrets that a program on this machine prints as `NAME=value` lines or a JSON object."""

    kind: Literal["command"] = "command"
    command: tuple[Word, ...] = Field(
        min_length=1, description="The program and its arguments, as a list; no shell reads them."
    )


def _bare_kind(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


SecretsSource = Annotated[
    Annotated[
        EnvSecrets | DotenvSecrets | SopsSecrets | CommandSecrets, Field(discriminator="kind")
    ],
    BeforeValidator(_bare_kind),
]
"""Where the values of secrets come from."""
