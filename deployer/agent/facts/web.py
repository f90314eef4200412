"""Whether the live app and the web server are well, by one look."""

from __future__ import annotations

from deployer.agent.actions.health import one_round, read_check
from deployer.agent.context import Context, Fields


def health(ctx: Context, question: Fields) -> object:
    """Do one round of the health check and change nothing; says what it asked first, too."""
    verdict = one_round(ctx, question)
    asked = next(iter(read_check(ctx, question).probes), {})
    return {
        "healthy": verdict.state == "healthy",
        "cause": verdict.cause,
        "hint": verdict.hint,
        "asked": {key: asked.get(key) for key in ("path", "host", "front", "expect_status")},
    }


def web_server(ctx: Context, _question: Fields) -> object:
    """Let nginx test its live configuration."""
    done = ctx.execute(["nginx", "-t", "-q"], timeout=30, quiet=True)
    return {"ok": done.ok, "output": "\n".join(done.lines)}
