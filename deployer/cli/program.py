"""The console script `deployer`: the same commands as `inv`, from any project's folder."""

import difflib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from invoke import Program
from invoke.exceptions import (
    AmbiguousEnvVar,
    Exit,
    ParseError,
    UncastableEnvVar,
    UnknownFileType,
)
from invoke.vendor.yaml import YAMLError

from deployer import __version__
from deployer.cli.tasks import namespace
from deployer.output.text import clean, harmless

_USAGE = 2
_FORMATS = ("flat", "nested", "json")
_BROKEN_SETTINGS = (
    *(UnknownFileType, AmbiguousEnvVar, UncastableEnvVar, YAMLError, SyntaxError),
    *(OSError, ValueError, TypeError, AttributeError),
)
"""What Invoke raises for a file of settings that it cannot read."""
_VALUELESS = re.compile(r"Flag <Argument: (?P<flag>[\w-]+).*> needed value.*", re.DOTALL)
_UNKNOWN = re.compile(r"No idea what (?P<word>.*) is!", re.DOTALL)


class DeployerProgram(Program):
    """Invoke's program, but wrong words end with 2, one line and a hint (plain `inv`: 1)."""

    def parse_core(self, argv: list[str] | None) -> None:
        """Parse the words before the first task."""
        with _told(()):
            super().parse_core(argv)

    def create_config(self) -> None:
        """Read Invoke's own settings of this machine (`~/.invoke.yaml`)."""
        with _settings():
            super().create_config()

    def update_config(self, merge: bool = True) -> None:  # noqa: FBT001, FBT002  Invoke's own
        """Read the file of Invoke's `--config`, which may name anything."""
        with _settings():
            super().update_config(merge)

    def parse_tasks(self) -> None:
        """Parse the tasks and their flags."""
        with _told(self.collection.task_names):
            super().parse_tasks()

    def parse_cleanup(self) -> None:
        """Answer `--help NAME`, `--list` and the like."""
        with _told(self.collection.task_names):
            _check_format(str(self.args["list-format"].value))
            super().parse_cleanup()


def program() -> DeployerProgram:
    """Give the program with all commands."""
    return DeployerProgram(
        name="deployer", binary="deployer", namespace=namespace, version=__version__
    )


def main() -> None:
    """Run the command line; never returns."""
    try:
        program().run()
    except BrokenPipeError:
        pass  # whoever read (`--list | head`) has what they wanted
    finally:
        _let_go()


def _let_go() -> None:
    """Write out what Python still holds; it would say aloud at exit that nobody reads."""
    try:
        if sys.stdout is not None:  # it is None when the descriptor was closed before (`>&-`)
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _check_format(name: str) -> None:
    if name not in _FORMATS:
        raise ValueError(f"`--list-format {name}` is none of {', '.join(_FORMATS)}")


@contextmanager
def _settings() -> Iterator[None]:
    try:
        yield
    except _BROKEN_SETTINGS as error:
        why = harmless(clean(str(error)))
        hint = "hint: mend or remove that file of Invoke's; deployer needs nothing of it"
        raise Exit(f"error: Settings cannot be read: {why}\n{hint}", code=_USAGE) from None


@contextmanager
def _told(names: Iterable[str]) -> Iterator[None]:
    try:
        yield
    except ParseError as error:
        raise Exit(_explained(error, tuple(names)), code=_USAGE) from None
    except Exit as left:
        if not left.message:
            raise
        ask = "see `deployer --list`"
        raise Exit(f"error: {clean(left.message)}\nhint: {ask}", code=_USAGE) from None
    except ValueError as error:
        raise Exit(
            f"error: {clean(str(error))}\nhint: see `deployer --help`", code=_USAGE
        ) from None


def _explained(error: ParseError, names: tuple[str, ...]) -> str:
    context = getattr(error, "context", None)
    task = context.name if context else ""
    found = _UNKNOWN.fullmatch(str(error))
    ask = f"`deployer {task} --help`" if task else "`deployer --list`"
    if found is None:
        return f"error: {harmless(clean(_plain(str(error))))}\nhint: see {ask}"
    word = clean(found["word"]).strip("'\"")
    kind = "flag" if word.startswith("-") else "word"
    if not task:
        kind = kind.replace("word", "command")
        return f"error: There is no {kind} `{word}`.\nhint: {_near(word, names)}{ask} has them all"
    flags = tuple(context.flags) if context else ()
    near = _near(word, flags) if kind == "flag" else "values follow a flag (`--env prod`); "
    return f"error: `{task}` takes no {kind} `{word}`.\nhint: {near}see {ask}"


def _plain(text: str) -> str:
    lacks = _VALUELESS.fullmatch(text)
    return f"`--{lacks['flag']}` needs a value." if lacks else text


def _near(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{near[0]}`? " if near else ""
