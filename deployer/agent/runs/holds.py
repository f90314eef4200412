"""A hold keeps everybody from changing an app: who, why and until when, in a file of its own.

It is no lock: it outlives runs and reboots, and only who knows its id takes it away.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deployer.agent.context import Context
from deployer.agent.disk.files import unlink_durable, write_atomic
from deployer.agent.runs.refusal import Refused
from deployer.agent.text import grammar

_FILE = "hold.json"
_ID = re.compile(r"[a-z0-9-]{4,40}")
_LONGEST = 500


def read_hold(folder: Path) -> Mapping[str, object] | None:
    """Give the hold on an app; None without one, or when its time is over (this host's clock)."""
    try:
        found = json.loads((folder / _FILE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        found = {}
    if not isinstance(found, dict) or not found:
        # A hold that nobody can read is still a hold.
        return {"id": "unreadable", "who": "somebody", "why": "its file cannot be read"}
    until = found.get("until")
    if isinstance(until, (int, float)) and until and until <= time.time():
        return None
    return found


def refusal(hold: Mapping[str, object]) -> Refused:
    """Say why a run may not begin: who holds the app, why, until when, and which id ends it."""
    who, why = hold.get("who") or "somebody", hold.get("why") or "without a reason"
    number = hold.get("id", "")
    text = f"the app is held by `{who}`: {why} (id `{number}`, {_until(hold)})"
    return Refused("held", text, f"Ask them; `inv unhold --env ENV --id {number}` ends it.")


def described(hold: Mapping[str, object]) -> dict[str, object]:
    """Give what people want to read of a hold."""
    return {**hold, "until_text": _until(hold)}


def answer(place: Context, message: Mapping[str, object]) -> dict[str, object]:
    """Do what the verb `hold` or `unhold` asks for, or say why not."""
    folder = place.state_folder
    if not folder.is_dir():
        text = f"this host is not set up for `{place.app}`"
        return Refused("not-set-up", text, "Run `inv setup` for this host first.").event
    try:
        return (hold if message.get("verb") == "hold" else unhold)(folder, message)
    except Refused as no:
        return no.event
    except OSError as error:
        return Refused("failed", f"the hold could not be written: {error}").event


def hold(folder: Path, message: Mapping[str, object]) -> dict[str, object]:
    """Set a hold; raises Refused when there is one already."""
    wanted = _wanted(message)
    with _alone(folder):
        there = read_hold(folder)
        if there is not None and there.get("id") != wanted["id"]:
            raise refusal(there)
        write_atomic(folder / _FILE, json.dumps(wanted).encode(), 0o600)
    return {"event": "held", **described(wanted)}


def unhold(folder: Path, message: Mapping[str, object]) -> dict[str, object]:
    """Take a hold away; raises Refused when it has another id."""
    asked = str(message.get("id", ""))
    with _alone(folder):
        there = read_hold(folder)
        if there is not None and there.get("id") != asked:
            no = refusal(there)
            text = f"`{asked[:40]}` is not the id of the hold: {no.message}"
            raise Refused("held", text, no.hint)
        unlink_durable(folder / _FILE)
    return {"event": "unheld", "was": dict(there) if there else None}


def _wanted(message: Mapping[str, object]) -> dict[str, object]:
    number, now = str(message.get("id", "")), time.time()
    if not _ID.fullmatch(number):
        raise grammar.WrongWord(f"`{number[:40]}` is not the id of a hold")
    until, seconds = message.get("until"), message.get("seconds")
    if isinstance(seconds, (int, float)) and seconds > 0:
        until = now + seconds
    if isinstance(until, (int, float)) and 0 < until <= now:
        raise Refused("past", f"the hold would be over already, {_until({'until': until})}")
    return {
        "id": number,
        "who": str(message.get("who", ""))[:_LONGEST],
        "why": str(message.get("why", ""))[:_LONGEST],
        "since": round(now),
        "until": round(until) if isinstance(until, (int, float)) else 0,
    }


def _until(hold: Mapping[str, object]) -> str:
    until = hold.get("until")
    if not isinstance(until, (int, float)) or not until:
        return "until it is taken away"
    return time.strftime("until %Y-%m-%d %H:%M:%S UTC", time.gmtime(until))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # held for the time of one small write
        yield
    finally:
        os.close(descriptor)
