"""All questions that the agent answers without changing anything, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from deployer.agent.context import ActionFailed, Context, Fields

Answer = Callable[[Context, Fields], object]
"""Answers one question; the parameters are those of the question. Raises ActionFailed."""

PLACES = {
    "host": ("machine", "host"),
    "disk": ("machine", "disk"),
    "tools": ("software", "tools"),
    "python": ("software", "python"),
    "app": ("app", "app"),
    "files": ("trees", "files"),
    "config": ("trees", "config"),
    "complete": ("trees", "complete"),
    "processes": ("processes", "processes"),
    "repository": ("repository", "repository"),
    "remote_revision": ("repository", "remote_revision"),
    "health": ("web", "health"),
    "texts": ("texts", "texts"),
    "foreign": ("foreign", "foreign"),
    "web_server": ("web", "web_server"),
    "balance": ("balance", "balance"),
    "journal": ("history", "journal"),
    "outcome": ("outcome", "outcome"),
    "weights": ("weights", "weights"),
    "damage": ("damage", "damage"),
    "backups": ("backups", "backups"),
    "backup_proof": ("backups", "proof"),
}


def answer(ctx: Context, message: Mapping[str, object]) -> dict[str, object]:
    """Give the answers to all questions of a message; one that fails says so under its key."""
    asked = message.get("ask", [])
    questions = asked if isinstance(asked, list) else []
    answers = {
        str(one.get("key") or one.get("fact")): _answer(ctx, one)
        for one in questions
        if isinstance(one, dict)
    }
    return {"event": "facts", "answers": answers}


def _answer(ctx: Context, question: Fields) -> object:
    name = str(question.get("fact", ""))
    if name not in PLACES:
        return {"error": f"the agent does not know the fact `{name[:40]}`"}
    module, function = PLACES[name]
    try:
        found: Answer = getattr(import_module(f"{__name__}.{module}"), function)
        return found(ctx, question)
    except ActionFailed as failed:
        return {"error": ctx.redact(failed.cause)}
    except Exception as error:  # noqa: BLE001  one question that fails must not silence the others
        return {"error": ctx.redact(f"{type(error).__name__}: {error}")}
