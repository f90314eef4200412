"""Whether releases still are as they were when they were finished."""

from __future__ import annotations

from deployer.agent.context import Context, Fields
from deployer.agent.runs import standing
from deployer.agent.text import fields


def damage(ctx: Context, question: Fields) -> object:
    """Say what is wrong with each release asked for, "" for nothing; without any, the live one."""
    live = standing.live(ctx)
    asked = fields.texts(question, "releases") or ((live,) if live else ())
    return {release: standing.damage(ctx, release) for release in asked}
