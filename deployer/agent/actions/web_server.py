"""Test sites on a copy of nginx's configuration, and reload it; it is never restarted."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deployer.agent.context import ActionFailed, Context
from deployer.agent.system import bind_mounted
from deployer.agent.system.closing import ask_nobody, clients_asked
from deployer.agent.system.nginx_words import conflicts, first_error, gave_up, server_names
from deployer.agent.system.programs import Completed
from deployer.agent.system.systemd import pause, processes, show, systemctl
from deployer.agent.text import fields

_TREE = "/etc/nginx"
_ERROR_LOG = "/var/log/nginx/error.log"
_UNIT = "nginx.service"
_STEP = 0.02
_LOG_LINES = 30
_TEST = ("nginx", "-t", "-q")
_MEND = "Mend that site first (or remove its link from sites-enabled), then run this again."


def test_sites(ctx: Context, action: Mapping[str, object]) -> bool:
    """Let nginx test the live tree with the candidates in place."""
    candidates = fields.pairs(action, "candidates")
    links = fields.pairs(action, "links")
    ctx.action("nginx -t with the new sites")
    with tempfile.TemporaryDirectory(prefix="deployer-nginx-") as made:
        shadow = Path(made) / "nginx"
        shutil.copytree(ctx.path(_TREE), shadow, symlinks=True)
        for source, live in candidates:
            place = _inside(shadow, live)
            place.unlink(missing_ok=True)
            shutil.copyfile(ctx.path(source), place)
        for live, target in links:
            place = _inside(shadow, live)
            place.unlink(missing_ok=True)
            place.symlink_to(target)
        tested = _test_in(ctx, shadow)
    ours = frozenset((*(live for _, live in candidates), *(path for path, _ in links)))
    if not tested.ok:
        raise _refused(ctx, tested, ours)
    texts = (ctx.path(source).read_text("utf-8", "replace") for source, _ in candidates)
    names = frozenset(name for text in texts for name in server_names(text))
    taken = conflicts(tested.lines, names)
    if taken:
        hint = "Remove the name from the other site, or from `server_names`."
        raise ActionFailed(f"another site already answers to `{taken[0]}`", hint, tested.lines)
    return False


def reload_web_server(ctx: Context, action: Mapping[str, object]) -> bool:
    """Reload nginx and wait until new workers serve; start it if it is not running."""
    tested = ctx.execute(_TEST, quiet=True, timeout=30)
    if not tested.ok:
        raise ActionFailed(_broken(tested), _MEND, tested.lines[-_LOG_LINES:])
    before = show(ctx, _UNIT)
    if before.active != "active":
        ask_nobody(ctx, fields.text(action, "closing"))
        started = systemctl(ctx, "start", _UNIT)
        if not started.ok:
            raise ActionFailed(f"nginx does not start: {started.problem}", log=started.lines)
        return True
    old = processes(before)
    with _connections_closing(ctx, action, old):
        log_size = _log_size(ctx)
        reloaded = systemctl(ctx, "reload", _UNIT)
        if not reloaded.ok:
            raise ActionFailed(f"`systemctl reload nginx` {reloaded.problem}", log=reloaded.lines)
        _await_workers(ctx, old, log_size, fields.number(action, "timeout", 10.0))
    return True


@contextmanager
def _connections_closing(
    ctx: Context, action: Mapping[str, object], old: frozenset[int]
) -> Iterator[None]:
    """Have clients asked for a while to come back on new connections, if a file does that."""
    closing = fields.text(action, "closing")
    if not closing:
        yield
        return
    with clients_asked(ctx, closing, fields.number(action, "window", 1.0)):
        yield
        # Old workers go on for 100 ms beside the new ones (ngx_process_cycle.c).
        ends = time.monotonic() + fields.number(action, "timeout", 10.0)
        while any(map(_is_worker, old)) and time.monotonic() < ends:
            pause(ctx, _STEP)


def _inside(shadow: Path, live: str) -> Path:
    place = Path(live)
    if not place.is_relative_to(_TREE) or ".." in place.parts:
        raise ActionFailed(f"`{live}` is not a file of nginx's configuration")
    inside = shadow / place.relative_to(_TREE)
    inside.parent.mkdir(parents=True, exist_ok=True)
    if not inside.parent.resolve().is_relative_to(shadow.resolve()):
        raise ActionFailed(f"`{place.parent}` is a link, so `{live}` cannot be tried out")
    return inside


def _test_in(ctx: Context, shadow: Path) -> Completed:
    script = str(Path(bind_mounted.__file__).resolve())
    words = (sys.executable, "-I", "-S", script, str(shadow), str(ctx.path(_TREE)), *_TEST)
    return ctx.execute(words, quiet=True, timeout=30)


def _refused(ctx: Context, tested: Completed, ours: frozenset[str]) -> ActionFailed:
    error = first_error(tested.lines)
    log = tested.lines[-_LOG_LINES:]
    if error.file not in ours:
        live = ctx.execute(_TEST, quiet=True, timeout=30)
        if not live.ok:
            return ActionFailed(_broken(live), _MEND, live.lines[-_LOG_LINES:])
    where = f"`{error.file}` " if error.file else ""
    hint = "Mend the template or the values of `web_server`; `inv render` shows the file."
    return ActionFailed(f"nginx refuses the new site {where}({error})", hint, log)


def _broken(tested: Completed) -> str:
    error = first_error(tested.lines)
    by = f" by `{error.file}` (line {error.line})" if error.file else ""
    return f"the live nginx configuration is already broken{by}: {error.said}"


def _log_size(ctx: Context) -> int:
    try:
        return ctx.path(_ERROR_LOG).stat().st_size
    except OSError:
        return 0


def _logged(ctx: Context, since: int) -> tuple[str, ...]:
    try:
        with ctx.path(_ERROR_LOG).open("rb") as log:
            log.seek(since)
            return tuple(log.read(65536).decode("utf-8", "replace").splitlines())
    except OSError:
        return ()


def _await_workers(ctx: Context, old: frozenset[int], log_size: int, timeout: float) -> None:
    end = time.monotonic() + timeout
    while True:
        new = processes(show(ctx, _UNIT)) - old
        if any(_is_worker(process) for process in new):
            return
        log = _logged(ctx, log_size)
        if gave_up(log):
            cause = f"nginx did not take the new configuration: {first_error(log)}"
            raise ActionFailed(cause, "It still serves the old one.", log[-_LOG_LINES:])
        if time.monotonic() > end:
            raise ActionFailed(
                f"no new nginx worker came in {timeout:.0f} s after the reload",
                "Look at `systemctl status nginx` on the host.",
                log[-_LOG_LINES:],
            )
        pause(ctx, _STEP)


def _is_worker(process: int) -> bool:
    try:
        title = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
    return title.startswith(b"nginx: worker process") and b"shutting down" not in title
