"""Hosts whose agents answer facts from a table, for commands that only read."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from deployer.api.answering import Asked
from deployer.api.environment import Environment
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.core.event import Event
from deployer.core.transport import HostAddress, Message
from deployer.engine.redact import Redactor
from deployer.engine.session import Session
from deployer.errors import DeployerError, HostUnreachable
from deployer.transport.scripted import Exchange, Script, ScriptedTransport
from tests.shop_values import Section, hosts_of, inventory

Answers = Mapping[str, object]
LIVE = "000001-aaaaaaa"
RECORD = {"id": LIVE, "number": 1, "revision": "a" * 40, "state": "good", "created": "then"}


def serving(**changes: object) -> dict[str, object]:
    """What the fact `app` says of a host on which all is well."""
    return {
        "set_up": True,
        "live": LIVE,
        "live_colour": "blue",
        "releases": [RECORD],
        "colours": {
            "blue": {"release": LIVE, "active": "active", "restarts": 0, "since": "noon"},
            "green": {"release": "", "active": "inactive"},
        },
        **changes,
    }


def asked(*answers: Answers | None, app: Section | None = None) -> Asked:
    """Hosts web1, web2, … with these answers by key; None for one that is not reached."""
    hosts = inventory(app, hosts=hosts_of(len(answers)))
    events: list[Event] = []
    place = Place(Path("/nowhere"), {}, StringIO(), StringIO(), None)
    chosen = tuple(hosts.hosts.values())
    at = Environment(place, Request("status"), hosts, chosen, {}, events.append, "run")
    sessions: dict[str, Session] = {}
    errors: dict[str, DeployerError] = {}
    for host, known in zip(chosen, answers, strict=True):
        if known is None:
            errors[host.name] = HostUnreachable("It is off.", host=host.name, hint="Plug it in.")
        else:
            sessions[host.name] = session(host.name, known)
    return Asked(at, sessions, errors)


def session(name: str, known: Answers) -> Session:
    """A host that answers whatever it is asked with all it knows; its releases are whole."""
    if isinstance(known, dict):
        known.setdefault("damage", {})
        known.setdefault("weights", {})
    replies: tuple[Message, ...] = ({"event": "facts", "answers": known},)
    script = Script(tuple(Exchange("facts", replies) for _ in range(4)))
    channel = ScriptedTransport({name: script}).open(HostAddress(name, "192.0.2.1"))
    channel.receive(1.0)
    return Session(name, "shop", channel, lambda _: None, Redactor(()))
