"""Ask the app's own framework, in a release, which migrations the database has now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deployer.agent.actions.programs import environment
from deployer.agent.context import ActionFailed, Context
from deployer.agent.system import programs
from deployer.agent.system.programs import Program
from deployer.agent.text import fields

_TIMEOUT = 90.0


@dataclass(frozen=True)
class Question:
    """How to ask: a script for the release's interpreter, as the app's user."""

    command: tuple[str, ...]
    user: str
    folder: str
    env_files: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    script: str


@dataclass(frozen=True)
class Schema:
    """The answer: what is applied (None: nobody can tell), and what the release does not know.

    `left` counts sessions of the run that the database still has; `error` says why there is no
    answer.
    """

    applied: tuple[str, ...] | None = None
    strangers: tuple[str, ...] = ()
    left: int = 0
    error: str = ""


def read_question(data: Mapping[str, object]) -> Question:
    """Read a question from an action, or from what a run has saved of one."""
    return Question(
        command=fields.texts(data, "command"),
        user=fields.text(data, "user"),
        folder=fields.text(data, "folder", "/"),
        env_files=fields.texts(data, "env_files"),
        env=fields.pairs(data, "env"),
        script=fields.text(data, "script"),
    )


def ask_schema(ctx: Context, question: Question, session: str = "") -> Schema:
    """Ask; with `session`, first wait until the database has no session of that name. Never raises.

    It is not cancelled with the run: what became of the schema must be known then, too.
    """
    if not question.script:
        return Schema()
    try:
        env = environment(ctx, question.env_files, question.env)
        program = Program(
            question.command,
            question.user,
            str(ctx.path(question.folder)),
            {**env, "DEPLOYER_SESSION": session},
            question.script.encode(),
            _TIMEOUT,
        )
        done = programs.run(program)
    except (ActionFailed, programs.UnknownUser, OSError) as error:
        return Schema(error=str(error))
    if not done.ok:
        last = next((line for line in reversed(done.lines) if line.strip()), "")
        return Schema(error=": ".join(filter(None, (done.problem, last))))
    return _read(done.stdout)


def _read(printed: bytes) -> Schema:
    try:
        found = json.loads(printed.decode("utf-8", "replace").strip().rpartition("\n")[2])
    except (ValueError, RecursionError):
        return Schema(error="the answer cannot be read")
    if not isinstance(found, dict):
        return Schema(error="the answer cannot be read")
    applied, left = found.get("applied"), found.get("left")
    return Schema(
        applied=_texts(applied) if isinstance(applied, list) else None,
        strangers=_texts(found.get("strangers")),
        left=left if isinstance(left, int) else 0,
    )


def _texts(value: object) -> tuple[str, ...]:
    listed: Sequence[object] = value if isinstance(value, list) else []
    return tuple(str(one) for one in listed)
