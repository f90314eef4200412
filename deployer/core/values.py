"""Names, paths and references as text: one type per grammar."""

import re
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from deployer.core.grammar import Checked, Grammar
from deployer.core.model import refused

_RESERVED = (
    "root|daemon|bin|sys|sync|games|man|lp|mail|news|uucp|proxy|backup|list|irc|nobody|www-data|"
    "ssh|sshd|nginx|apache2|postgres|postgresql|mysql|redis|cron|dbus|polkit|messagebus|rsyslog|"
    "sudo|admin|adm|deploy|deployer|docker|getty|networking|ufw|user|default|systemd-.*"
)
_FORBIDDEN_ENV = (
    "PATH|HOME|USER|LOGNAME|SHELL|IFS|ENV|BASH_ENV|PYTHONHOME|PYTHONPATH|PYTHONSTARTUP|"
    "PYTHONINSPECT|GUNICORN_CMD_ARGS|NOTIFY_SOCKET|LISTEN_(?:FDS|PID|FDNAMES)|"
    "WATCHDOG_(?:USEC|PID)|INVOCATION_ID|LD_.*|DEPLOYER_.*"
)
_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.+@][A-Za-z0-9_.+@=,-]*"
_DOTTED = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"


def _reserved(name: str) -> str:
    if re.fullmatch(_RESERVED, name):
        return "this name belongs to the system: choose another"
    return "" if not name.endswith("-") else "allowed: a letter or digit at the end"


def _forbidden_env(name: str) -> str:
    if re.fullmatch(_FORBIDDEN_ENV, name):
        return "this variable changes how programs start: it may not be set here"
    return ""


AppName = Annotated[
    str,
    Grammar(r"[a-z][a-z0-9-]{0,31}", "a lower-case letter, then letters, digits, dashes (max. 32)"),
    Checked(_reserved),
]
"""The app's name; also its system user and its unit names."""

EnvironmentName = Annotated[
    str,
    Grammar(
        r"[a-z0-9][a-z0-9_-]{0,31}", "lower-case letters, digits, dashes, underscores (max. 32)"
    ),
]
"""The name of an inventory file without `.yaml`."""

HostName = Annotated[
    str,
    Grammar(
        r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?",
        "lower-case letters, digits, dots and dashes (max. 63)",
    ),
]
"""What a host is called here; its address is another thing."""

Role = Annotated[
    str, Grammar(r"[a-z][a-z0-9_-]{0,31}", "lower-case letters, digits, dashes (max. 32)")
]
"""What a host is for."""

UserName = Annotated[
    str,
    Grammar(
        r"[a-z_][a-z0-9_-]{0,31}",
        "a lower-case letter, then letters, digits, dashes, underscores (max. 32)",
    ),
]
"""A POSIX user (useradd(8))."""

EnvName = Annotated[
    str,
    Grammar(r"[A-Za-z_][A-Za-z0-9_]{0,127}", "letters, digits and underscores, no digit first"),
    Checked(_forbidden_env),
]
"""An environment variable's name."""

SecretName = Annotated[
    str,
    Grammar(r"[A-Za-z_][A-Za-z0-9_]{0,127}", "letters, digits and underscores, no digit first"),
]
"""The name of a secret in its source."""

RelativePath = Annotated[
    str,
    Grammar(
        rf"{_PART}(?:/{_PART})*",
        "a relative path without `..`, spaces or signs such as $ % ; (letters, digits, . _ + @ -)",
    ),
]
"""A path inside the release or the shared folder."""

OptionalRelativePath = Annotated[
    str,
    Grammar(
        rf"(?:{_PART}(?:/{_PART})*)?",
        "a relative path without `..`, spaces or signs such as $ % ; or nothing",
    ),
]
"""The same; "" for none."""

RemoteFile = Annotated[
    str,
    Grammar(
        rf"/{_PART}(?:/{_PART})+",
        "an absolute path of a file in a folder, without `..`, `//`, spaces or signs such as $ % ;",
    ),
]
"""A file on a host; never `/` or a folder right below it."""


def _at_home(path: str, info: ValidationInfo[object]) -> str:
    if not path.startswith("~") or not isinstance(info.context, dict):
        return path
    home = info.context.get("home")
    if not path.startswith("~/") or not home:
        raise refused("allowed: a path from `/` or from the project; `~/` needs HOME to be set")
    return f"{home}{path[1:]}"


LocalPath = Annotated[
    str,
    Grammar(r"(?!-)[^\x00-\x1f\x7f-\x9f\u2028\u2029]+", "a path on this machine", longest=1024),
    AfterValidator(_at_home),
]
"""A path on the machine that runs the deploy; `~/` is the home folder."""

OptionalLocalPath = Annotated[
    str,
    Grammar(r"(?!-)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*", "a path on this machine", longest=1024),
    AfterValidator(_at_home),
]
"""The same; "" for none."""

Python = Annotated[
    str,
    Grammar(
        rf"(?:/(?:{_PART}/)*)?python3(?:\.(?:9|[1-9][0-9]))?",
        "`python3`, `python3.11` (3.9 or newer) or an absolute path that ends so",
    ),
]
"""The interpreter on the host from which virtual environments are made."""

DottedName = Annotated[str, Grammar(_DOTTED, "a dotted Python name such as `shop.settings`")]
"""A Python module."""

ModuleAttribute = Annotated[
    str,
    Grammar(
        rf"{_DOTTED}:{_DOTTED}(?:\(\))?", "`package.module:attribute`, such as `shop.wsgi:app`"
    ),
]
"""A Python object, or a call without arguments that makes it."""

Word = Annotated[
    str,
    Grammar(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]+", "a word without control characters", 1024),
]
"""One word of a command; no shell ever reads it."""
