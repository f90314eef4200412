"""Leave web hosts out of a balancer, or take them in again, by rewrite and reload; no restart."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.actions.web_server import reload_web_server
from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import make_folder, read_plain, write_atomic
from deployer.agent.disk.roots import writable
from deployer.agent.runs import saved
from deployer.agent.system.systemd import pause, processes, show
from deployer.agent.system.upstream_file import is_reason, servers, with_down
from deployer.agent.text import fields

_UNIT = "nginx.service"
_STEP = 0.05


def balance(ctx: Context, action: Mapping[str, object]) -> bool:
    """Have nginx leave out just these hosts, and wait until what was begun before is done."""
    absolute = fields.text(action, "path")
    down = dict(fields.pairs(action, "down"))
    path = writable(ctx, absolute)
    text = _text(ctx, fields.text(action, "source") or absolute)
    _refuse_unknown(absolute, text, down)
    saved.save(ctx, absolute)
    make_folder(path.parent)
    write_atomic(path, with_down(text, down).encode(), 0o644)
    old = _workers(ctx)
    reload_web_server(ctx, action)
    _await_end(ctx, old, fields.number(action, "drain"))
    return True


def _text(ctx: Context, absolute: str) -> str:
    try:
        return read_plain(ctx.path(absolute)).decode("utf-8", "replace")
    except OSError as error:
        raise ActionFailed(f"`{absolute}` cannot be read: {error.strerror}", _HINT) from error


_HINT = "`inv deploy` writes it, as the inventory says."


def _refuse_unknown(absolute: str, text: str, down: Mapping[str, str]) -> None:
    known = {server.host for server in servers(text)}
    for host, why in down.items():
        if host not in known:
            raise ActionFailed(f"`{absolute}` has no line for `{host}`", _HINT)
        if not is_reason(why):
            raise ActionFailed(f"`{why}` is no reason to leave `{host}` out")


def _workers(ctx: Context) -> frozenset[int]:
    return frozenset(one for one in processes(show(ctx, _UNIT)) if _is_worker(one))


def _await_end(ctx: Context, old: frozenset[int], drain: float) -> None:
    """Wait for the old workers: each ends when the last of its requests has been answered."""
    ends = time.monotonic() + drain
    while any(_is_worker(one) for one in old):
        if time.monotonic() >= ends:
            if drain:
                ctx.notice(f"some requests were still at work after {drain:g} s; they go on")
            return
        pause(ctx, _STEP)


def _is_worker(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().startswith(b"nginx: worker process")
    except OSError:
        return False
