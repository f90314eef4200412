"""Programs whose output a person watches: the logs, and commands as the app's own user."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deployer.agent.context import ActionFailed, Context
from deployer.agent.system import env_file
from deployer.agent.text import fields

_LONGEST = 12 * 3600.0
_LOG_OPTION = re.compile(
    r"-[ufnoqpgrbtxe]{1,8}|--(?:unit|follow|lines|output|quiet|priority|grep|reverse|boot"
    r"|since|until|no-pager|no-hostname|no-full|utc|identifier|all)(?:=.*)?"
)


def stream(ctx: Context, wanted: Mapping[str, object]) -> dict[str, object]:
    """Run the program, its lines as events, until it ends or is cancelled; gives the last event."""
    try:
        user = fields.text(wanted, "user")
        words = fields.texts(wanted, "command")
        _check(ctx.app, words, user)
        env: dict[str, str] = {}
        for file in fields.texts(wanted, "env_files"):
            env.update(env_file.read(ctx.path(file).read_bytes()))
        folder = fields.text(wanted, "folder", "/")
        done = ctx.execute(words, user=user, folder=folder, env=env, timeout=_LONGEST)
    except ActionFailed as failed:
        return {"event": "exit", "code": 1, "cause": failed.cause, "hint": failed.hint}
    except (OSError, ValueError) as error:
        return {"event": "exit", "code": 1, "cause": f"{error}", "hint": ""}
    return {"event": "exit", "code": done.exit_code}


def _check(app: str, words: tuple[str, ...], user: str) -> None:
    if not words:
        raise ActionFailed("there is no command to run")
    if user and user == app:
        return
    if user:
        raise ActionFailed(f"commands run as `{app}` here, not as `{user}`")
    if words[0] != "journalctl":
        raise ActionFailed(f"the agent does not run `{words[0]}` as root")
    for word in words[1:]:
        if word.startswith("-") and not _LOG_OPTION.fullmatch(word):
            raise ActionFailed(f"the agent does not give `{word}` to journalctl")
