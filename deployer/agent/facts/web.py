"""Whether the live app and the web server are well, by one look."""

from __future__ import annotations

from deployer.agent.actions.health import one_round
from deployer.agent.context import Context, Fields


def health(ctx: Context, question: Fields) -> object:
    """Do one round of the health check and change nothing."""
    verdict = one_round(ctx, question)
    return {"healthy": verdict.state == "healthy", "cause": verdict.cause, "hint": verdict.hint}


def web_server(ctx: Context, _question: Fields) -> object:
    """Let nginx test its live configuration."""
    done = ctx.execute(["nginx", "-t", "-q"], timeout=30, quiet=True)
    return {"ok": done.ok, "output": "\n".join(done.lines)}
