"""Values for the secrets that an inventory names; no error here ever shows one."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

from deployer.core.inventory import Inventory
from deployer.core.secret import (
    LONGEST_VALUE,
    CommandSecrets,
    DotenvSecrets,
    EnvSecrets,
    Secret,
    SecretsSource,
    SopsSecrets,
)
from deployer.errors import UnresolvedSecret, UsageError
from deployer.inventory.dotenv import read_dotenv

_TIMEOUT = 30.0
# https://github.com/getsops/sops/blob/main/cmd/sops/codes/codes.go
_SOPS_CAUSES = {
    2: "the file cannot be read",
    51: "its checksum does not match: it was changed after it was encrypted",
    52: "it has no checksum",
    100: "there is no such file",
    128: "no key here can decrypt it",
}


def resolve(
    inventory: Inventory, environ: Mapping[str, str], project: Path = Path()
) -> Mapping[str, Secret]:
    """Give every secret that the inventory names; raises UnresolvedSecret with all that fail.

    Programs run in `project`, with `environ` as their environment and without a stdin.
    """
    names = inventory.secret_names()
    if not names:
        return {}
    values = _values(inventory.secrets, environ, project)
    usable = {name: values[name] for name in names if _is_usable(values.get(name, ""))}
    missing = tuple(name for name in names if name not in usable)
    if missing:
        raise UnresolvedSecret(missing, hint=_hint(inventory.secrets, missing, values))
    return {name: Secret(value) for name, value in usable.items()}


def at_hand(
    inventory: Inventory, environ: Mapping[str, str], project: Path = Path()
) -> tuple[Secret, ...]:
    """Give what is known of the secrets without a program: for what must not show them."""
    source = inventory.secrets
    if not isinstance(source, EnvSecrets | DotenvSecrets):
        source = EnvSecrets()
    try:
        values = _values(source, environ, project)
    except UsageError:
        return ()
    found = (values.get(name, "") for name in inventory.secret_names())
    return tuple(Secret(value) for value in found if value)


def _is_usable(value: str) -> bool:
    return 0 < len(value.encode("utf-8", "replace")) <= LONGEST_VALUE and "\0" not in value


def _values(source: SecretsSource, environ: Mapping[str, str], project: Path) -> Mapping[str, str]:
    match source:
        case EnvSecrets(prefix=prefix):
            return {
                name.removeprefix(prefix): value
                for name, value in environ.items()
                if name.startswith(prefix)
            }
        case DotenvSecrets(file=file):
            return read_dotenv(_text(project / file), f"`{file}`")
        case SopsSecrets(file=file):
            words = ("sops", "--decrypt", "--output-type", "json", file)
            return _printed(words, environ, project, _SOPS_CAUSES)
        case CommandSecrets(command=words):
            return _printed(words, environ, project, {})
        case _:
            assert_never(source)


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except OSError as error:
        raise UsageError(
            f"The secrets file `{file}` cannot be read: {error.strerror}.",
            hint="Create it, or change `secrets` in the inventory.",
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"The secrets file `{file}` is not UTF-8.", hint="Save it anew.") from None


def _printed(
    words: tuple[str, ...], environ: Mapping[str, str], project: Path, causes: Mapping[int, str]
) -> Mapping[str, str]:
    origin = f"the output of `{words[0]}`"
    try:
        done = subprocess.run(  # noqa: S603  the words come from the inventory; no shell
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            cwd=project,
            env=dict(environ),
            check=False,
        )
    except OSError as error:
        raise UsageError(
            f"The secrets program `{words[0]}` cannot be started: {error.strerror}.",
            hint=f"Install `{words[0]}`, or change `secrets` in the inventory.",
        ) from None
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"The secrets program `{words[0]}` gave no answer in {_TIMEOUT:g} seconds.",
            hint="Is it waiting for a password or an unlock? Run it by hand once.",
        ) from None
    if done.returncode:
        cause = causes.get(done.returncode, f"exit code {done.returncode}")
        raise UsageError(
            f"The secrets program `{words[0]}` failed: {cause}.",
            hint="Run it by hand to see why; its output is not shown here.",
        )
    return _named_values(done.stdout, origin)


def _named_values(output: bytes, origin: str) -> Mapping[str, str]:
    try:
        text = output.decode()
    except UnicodeDecodeError:
        raise UsageError(
            f"There is something else than UTF-8 in {origin}.", hint="Run it by hand to see what."
        ) from None
    if not text.lstrip().startswith("{"):
        return read_dotenv(text, origin)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(
            f"There is broken JSON in {origin}.", hint="Run it by hand to see what."
        ) from None
    return {name: value for name, value in data.items() if isinstance(value, str)}


def _hint(source: SecretsSource, missing: tuple[str, ...], values: Mapping[str, str]) -> str:
    empty = [name for name in missing if values.get(name) == ""]
    bad = [name for name in missing if values.get(name)]
    causes = [
        f"Empty: {', '.join(empty)}." if empty else "",
        f"With NUL, or over {LONGEST_VALUE} bytes: {', '.join(bad)}." if bad else "",
        _how(source, missing[0]),
    ]
    return " ".join(cause for cause in causes if cause)


def _how(source: SecretsSource, name: str) -> str:
    match source:
        case EnvSecrets(prefix=prefix):
            return f"Set it in the environment: `export {prefix}{name}=…`."
        case DotenvSecrets(file=file):
            return f"Add a line `{name}=…` to `{file}`."
        case SopsSecrets(file=file):
            return f"Add `{name}` to the file: `sops {file}`."
        case CommandSecrets(command=words):
            return f"Let `{words[0]}` print a line `{name}=…`."
        case _:
            assert_never(source)
