"""See as a stranger whether users are kept out for maintenance."""

from __future__ import annotations

import time

from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.health.request import Answer, Question, fetch
from deployer.agent.system.systemd import pause
from deployer.agent.text import fields

PATH = "/deployer-maintenance-check"
"""A path that no app has: what it answers is about the web server."""
_KEPT_OUT = 503
_EVERY = 0.1


def check_maintenance(ctx: Context, action: Fields) -> bool:
    """Ask until the web server does as it should; a failure says what it did."""
    is_on = fields.flag(action, "is_on")
    question = Question(PATH, fields.text(action, "host"), front=fields.text(action, "front"))
    ends = time.monotonic() + fields.number(action, "timeout", 5.0)
    ctx.action(f"ask the web server whether users are {'kept out' if is_on else 'let in'}")
    while True:
        answer = fetch(question, 2.0)
        if not answer.problem and (answer.status == _KEPT_OUT) == is_on:
            return False
        if time.monotonic() > ends:
            raise ActionFailed(_problem(answer, is_on=is_on), _hint(answer))
        pause(ctx, _EVERY)


def _problem(answer: Answer, *, is_on: bool) -> str:
    if answer.problem:
        return f"the web server does not answer: {answer.detail}"
    if is_on:
        return f"the web server still lets users in: it answered {answer.status}, not 503"
    return "the web server still keeps users out: it answered 503"


def _hint(answer: Answer) -> str:
    if answer.problem:
        return "Look at `systemctl status nginx` on the host."
    return "Was the site written by an older version or by hand? `inv deploy --force` writes it."
