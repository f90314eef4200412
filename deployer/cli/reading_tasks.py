"""The commands that only read from hosts."""

from invoke import Context, task

from deployer.api.request import HistoryRequest, LogsRequest, Request
from deployer.cli.leave import leave
from deployer.cli.options import READING


@task(auto_shortflags=False, help=READING)
def status(context: Context, env: str = "", limit: str = "", output: str = "auto") -> None:
    """Show what serves on each host; 7 if one needs help, 8 if they differ."""
    from deployer.api import reading

    leave(reading.status, Request("status", env=env, limit=limit, output=output))


@task(auto_shortflags=False, help=READING)
def releases(context: Context, env: str = "", limit: str = "", output: str = "auto") -> None:
    """List the releases on each host and what became of them."""
    from deployer.api import reading

    leave(reading.releases, Request("releases", env=env, limit=limit, output=output))


@task(auto_shortflags=False, help={**READING, "last": "how many runs to show; default 20"})
def history(
    context: Context, env: str = "", limit: str = "", output: str = "auto", last: str = ""
) -> None:
    """List what was done on each host: when, by whom, how it ended."""
    from deployer.api import reading

    request = HistoryRequest("history", env=env, limit=limit, output=output, last=last)
    leave(reading.history, request)


@task(auto_shortflags=False, help=READING)
def health(context: Context, env: str = "", limit: str = "", output: str = "auto") -> None:
    """Ask every live release how it is, by itself and through the web server."""
    from deployer.api import reading

    leave(reading.health, Request("health", env=env, limit=limit, output=output))


@task(auto_shortflags=False, help=READING)
def check(context: Context, env: str = "", limit: str = "", output: str = "auto") -> None:
    """Look whether hosts can take a deploy; changes nothing."""
    from deployer.api import reading

    leave(reading.check, Request("check", env=env, limit=limit, output=output))


@task(
    auto_shortflags=False,
    help={
        **READING,
        "follow": "go on with new lines until Ctrl-C; default off",
        "since": "only lines after this time, as journalctl has it (`-1h`, `today`); default all",
        "grep": "only lines in which this regular expression is found; default all",
        "lines": "how many of the last lines to begin with; default 100",
        "process": "only of this process or timer, of any release; default the web app",
        "output": "auto, console or plain (lines), or json (one object a line); default auto",
    },
)
def logs(
    context: Context,
    env: str = "",
    limit: str = "",
    output: str = "auto",
    follow: bool = False,
    since: str = "",
    grep: str = "",
    lines: str = "",
    process: str = "",
) -> None:
    """Show what the app's processes logged."""
    from deployer.api import logs as api

    leave(
        api.logs,
        LogsRequest(
            "logs",
            env=env,
            limit=limit,
            output=output,
            follow=follow,
            since=since,
            grep=grep,
            lines=lines,
            process=process,
        ),
    )


TASKS = (check, status, health, logs, history, releases)
