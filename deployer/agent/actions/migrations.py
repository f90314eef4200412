"""Apply migrations, and say what state the schema is in, however that ends."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict

from deployer.agent.actions.programs import environment, require, shown
from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import fsync_folder, write_atomic
from deployer.agent.schema.schema_ledger import add_entry, read_ledger
from deployer.agent.schema.schema_question import ask_schema, read_question
from deployer.agent.schema.schema_words import CUT, DONE, FAILED, Verdict, judge, read_wanted
from deployer.agent.text import fields

_SAVED = "migrations.json"
_LONGEST_NAME = 63
_CAUSES = {
    "canceling statement due to lock timeout": (
        "another session of the database holds what the migration needs; it was waited for as long "
        "as `migrations: {lock_timeout}` of the app allows. Run it again in a quiet moment"
    ),
    "canceling statement due to statement timeout": (
        "a statement took longer than `migrations: {timeout}` of the app allows"
    ),
    "database is locked": "another program was writing to the SQLite file; run it again",
}


def apply_migrations(ctx: Context, action: Mapping[str, object]) -> bool:
    """Run the program that migrates; afterwards read which migrations the database has."""
    _require_quiet(ctx, action)
    _save(ctx, action)
    words = fields.texts(action, "migrate")
    ctx.action(shown(words))
    env = environment(ctx, fields.texts(action, "env_files"), fields.pairs(action, "env"))
    hint = fields.text(action, "hint")
    try:
        done = ctx.execute(
            words,
            user=fields.text(action, "user"),
            folder=fields.text(action, "folder", "/"),
            env={**env, **_session(ctx, action, env)},
            timeout=fields.number(action, "timeout", 1800.0),
        )
        require(done, words, hint)
    except ActionFailed as failed:
        verdict = _find_out(ctx, action, FAILED)
        known = (text for sign, text in _CAUSES.items() if any(sign in one for one in failed.log))
        hint = next(known, failed.hint or hint)
        raise ActionFailed(f"{failed.cause}; {verdict.sentence}", hint, failed.log) from failed
    verdict = _find_out(ctx, action, DONE)
    ctx.note = verdict.sentence.removeprefix("database: ")
    return True


def settle_schema(ctx: Context, _action: Mapping[str, object]) -> bool:
    """Say what state the schema is in now that the run is put back; nothing if it never began.

    When the agent died in a migration, first wait until the database has no session of it.
    """
    try:
        saved = json.loads((ctx.saved_folder / _SAVED).read_bytes())
    except (OSError, ValueError):
        return False
    found = saved.get("verdict")
    if not isinstance(found, dict):
        found = asdict(_find_out(ctx, saved, CUT))
    level = "info" if found.get("fits") == "yes" else "error"
    ctx.notice(str(found.get("sentence")), level)
    return False


def ask(ctx: Context, action: Mapping[str, object]) -> bool:
    """Ask a release what it thinks of the database as it is; that there is no answer is one."""
    ctx.action("compare the database with the migrations of the release")
    found = ask_schema(ctx, read_question(action))
    ctx.results[fields.text(action, "keep")] = asdict(found)
    return False


def _require_quiet(ctx: Context, action: Mapping[str, object]) -> None:
    last = (read_ledger(ctx.state_folder) or [{}])[-1]
    if not last.get("left"):
        return
    earlier = str(last.get("run", ""))
    if ask_schema(ctx, read_question(action), _name(earlier)).left:
        raise ActionFailed(
            f"a migration of the earlier run `{earlier}` is still at work in the database",
            f"End its session: `application_name` is `{_name(earlier)}` in pg_stat_activity; "
            "MariaDB and MySQL show what alters a table in SHOW PROCESSLIST.",
        )


def _save(ctx: Context, action: Mapping[str, object], **more: object) -> None:
    # On disk before anything is begun: the way back reads it, perhaps after a power cut.
    folder = ctx.saved_folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(folder / _SAVED, json.dumps({**action, **more}).encode(), 0o600)
    fsync_folder(folder.parent)


def _find_out(ctx: Context, action: Mapping[str, object], ended: str) -> Verdict:
    # After a good end its session is gone, and nobody need look for it.
    name = "" if ended == DONE else _name(ctx.run)
    schema = ask_schema(ctx, read_question(action), name)
    verdict = judge(
        read_wanted(action),
        schema,
        ended=ended,
        vendor=fields.text(action, "vendor"),
        together=fields.flag(action, "together"),
    )
    about = {"run": ctx.run, "release": fields.text(action, "release"), "time": time.time()}
    # On a full disk the way back must go on; then it is only said, not kept.
    with contextlib.suppress(OSError):
        _save(ctx, action, verdict=asdict(verdict))
        add_entry(ctx.state_folder, {**about, "left": schema.left, **asdict(verdict)})
    return verdict


def _session(ctx: Context, action: Mapping[str, object], env: Mapping[str, str]) -> dict[str, str]:
    """Give the variables by which libpq names and limits the session; others ignore them."""
    options = " ".join(filter(None, (env.get("PGOPTIONS"), fields.text(action, "options"))))
    named = {"PGAPPNAME": _name(ctx.run)}
    return {**named, "PGOPTIONS": options} if options else named


def _name(run: str) -> str:
    return f"deployer {run}"[:_LONGEST_NAME]
