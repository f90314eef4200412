"""Run a program with the environment that its unit gets."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from deployer.agent.context import ActionFailed, Context
from deployer.agent.health.crash_reason import crash_reason
from deployer.agent.system import env_file
from deployer.agent.system.programs import Completed
from deployer.agent.text import fields

_LOG_LINES = 30
_SHOWN = 80


def run(ctx: Context, action: Mapping[str, object]) -> bool:
    """Run one program to its end; its output may be kept as a result."""
    words = fields.texts(action, "command")
    keep = fields.text(action, "keep")
    ctx.action(shown(words))
    completed = ctx.execute(
        words,
        user=fields.text(action, "user"),
        folder=fields.text(action, "folder", "/"),
        env=environment(ctx, fields.texts(action, "env_files"), fields.pairs(action, "env")),
        stdin=fields.octets(action, "stdin"),
        timeout=fields.number(action, "timeout", 300.0),
        quiet=bool(keep),
    )
    require(completed, words, fields.text(action, "hint"))
    if keep:
        ctx.results[keep] = _kept(completed, words)
    return True


def require(completed: Completed, words: tuple[str, ...], hint: str = "") -> None:
    """Raise ActionFailed if a program did not end well, with its name and last lines."""
    if completed.ok:
        return
    log = completed.lines[-_LOG_LINES:]
    reason = crash_reason(log)
    cause = f"`{shown(words)}` {completed.problem}"
    raise ActionFailed(f"{cause}: {reason}" if reason else cause, hint, log)


def shown(words: tuple[str, ...]) -> str:
    """Give a command for people: the program's name without its folder, and not endless."""
    name = words[0].rpartition("/")[2] if words else ""
    line = " ".join((name, *(shlex.quote(word) for word in words[1:])))
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"


def environment(
    ctx: Context, env_files: tuple[str, ...], env: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    """Give the variables of environment files, with others over them; raises ActionFailed."""
    variables: dict[str, str] = {}
    for name in env_files:
        try:
            variables.update(env_file.read(ctx.path(name).read_bytes()))
        except (OSError, UnicodeDecodeError) as error:
            raise ActionFailed(f"the environment file `{name}` cannot be read: {error}") from error
    variables.update(env)
    return variables


def _kept(completed: Completed, words: tuple[str, ...]) -> object:
    if completed.cut:
        raise ActionFailed(f"`{shown(words)}` printed more than 1 MiB, which is not kept")
    text = completed.stdout.decode("utf-8", "replace")
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found
