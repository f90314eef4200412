"""A host in memory: links, units, files and releases, what actions do to them, and its facts.

Actions without a bearing on these do nothing.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, cast

from deployer.agent.runs.fleet_records import fleet_records
from deployer.agent.runs.verdict import verdict
from deployer.core.release import Layout
from deployer.core.transport import Message
from deployer.errors import HostError

LAYOUT = Layout("shop")
Json = dict[str, object]


class Link(StrEnum):
    """What becomes of the link at one message."""

    LOST_BEFORE = "lost before"
    LOST_AFTER = "lost after"
    SILENT = "silent"
    """The host does what it is told, and is not heard of again."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong on a host."""

    fails: str = ""
    """The step that fails after it did everything."""
    undo_fails: bool = False
    refuses: Message | None = None
    """The answer to `begin`."""
    refuses_commit: Message | None = None
    refuses_propose: Message | None = None
    cut_off: bool = False
    """What is live there has cut it off: nobody can connect anew once a release waits."""
    unseen: bool = False
    """Its web server does not answer from outside once a release waits."""
    link: tuple[str, Link] | None = None
    """At which message: a verb, or `order BUILD`."""
    link_once: bool = False
    """The link is lost at the first such message only."""
    opens: int = 1000
    """So many connections can be made to it in one command."""
    stays_lost: bool = False
    """It cannot be reached once more after a link was lost."""
    unreachable: HostError | None = None
    garbles: str = ""
    """The verb that is answered with an error of the protocol."""


class Failed(Exception):
    """An action did not succeed."""


class Waiting(Protocol):
    """An agent that waits for a confirm."""

    is_gone: bool

    def awaits(self, run: str) -> bool: ...
    def commit_confirmed(self) -> list[Message]: ...
    def give_up_waiting(self) -> None: ...


@dataclass
class FakeHost:
    """One host as it stands, and what it was told."""

    name: str
    trouble: Trouble = field(default_factory=Trouble)
    links: dict[str, str] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)
    cooling: set[str] = field(default_factory=set)
    down: list[str] = field(default_factory=list)
    """Units that were stopped although users were sent to them."""
    enabled: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    releases: dict[str, Json] = field(default_factory=dict)
    counter: int = 0
    fence: int = 0
    set_up: bool = True
    free: int = 1 << 40
    commits: dict[str, str] | None = field(default_factory=dict)
    """What the repository has; None when it cannot be reached."""
    check: Json = field(default_factory=lambda: {"migrations": {"pending": []}})
    """What the step `check` finds."""
    schema: list[Json] = field(default_factory=list)
    """What runs have done to the schema."""
    sick: set[str] = field(default_factory=set)
    """Releases that do not answer well."""
    damage: dict[str, str] = field(default_factory=dict)
    """What is wrong with a release."""
    heard: list[Message] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    """How each run ended here."""
    records: list[Json] = field(default_factory=list)
    """The journal, as far as it tells what became of runs."""
    frozen: list[Json] = field(default_factory=list)
    """Revisions that it has put back by itself."""
    work: Json | None = None
    """Another run that is at work here."""
    hold: Json | None = None
    awaiting: "Waiting | None" = None
    """Who waits for a confirm here."""
    links_lost: int = 0
    opened: int = 0
    """How often the last command has connected."""
    locked: bool = False
    round_trips: int = 0

    @property
    def live(self) -> str:
        return base(self.links.get(LAYOUT.live, ""))

    @property
    def live_colour(self) -> str:
        socket = self.links.get(LAYOUT.live_socket, "")
        return next((one for one in ("blue", "green") if LAYOUT.socket(one) == socket), "")

    @property
    def serving(self) -> str:
        """The release that answers users; "" if nobody does."""
        return self.running.get(LAYOUT.unit(self.live_colour), "")

    @property
    def spoken(self) -> tuple[str, ...]:
        """What it was told, in short."""
        return tuple(said(message) for message in self.heard)

    def write(self, event: str, run: str, **data: object) -> None:
        """Add to the journal."""
        self.records.append({**data, "event": event, "run": run})

    def deadline_passes(self) -> None:
        """Let the time be over in which a run could be confirmed."""
        if self.awaiting is not None:
            self.awaiting.give_up_waiting()

    def freeze(self, revision: str, run: str) -> None:
        self.frozen = [one for one in self.frozen if one["revision"] != revision]
        self.frozen.append({"revision": revision, "run": run, "cause": "it failed", "when": "now"})

    def settle_freezes(self, run: "Open") -> None:
        if run.command == "deploy":
            self.frozen = []
        elif run.command == "rollback":
            self.frozen = [one for one in self.frozen if one["revision"] != run.revision]
            if run.previous not in {run.revision, ""}:
                self.freeze(run.previous, run.run)

    def state_of(self, release: str) -> object:
        return self.releases[release]["state"] if release in self.releases else "gone"


@dataclass
class Open:
    """A run that is open on a host."""

    release: Json | None
    settle: list[Json]
    run: str
    undo: list[list[Json]] = field(default_factory=list)
    kept: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """Links and files as they were before the run changed them."""
    published: bool = False
    command: str = ""
    by_person: bool = False
    found_bad: bool = False
    previous: str = ""
    """The revision that was live before."""

    @property
    def revision(self) -> str:
        return str((self.release or {}).get("revision", ""))


class Hands:
    """Does the actions of one message on a host."""

    def __init__(self, host: FakeHost, run: Open | None, blobs: Sequence[bytes] = ()) -> None:
        self._host = host
        self._run = run
        self._blobs = blobs
        self.results: Json = {}

    def do(self, actions: Sequence[Json]) -> None:
        """Do them in turn; raises Failed."""
        for action in actions:
            work = ACTIONS.get(str(action["action"]))
            if work:
                work(self, action)
            if action.get("keep"):
                self.results[str(action["keep"])] = self._host.check

    def _keep(self, path: str) -> None:
        if self._run:
            old = self._host.links.get(path), self._host.files.get(path)
            self._run.kept.setdefault(path, old)

    def link(self, action: Json) -> None:
        self._keep(str(action["path"]))
        self._host.links[str(action["path"])] = str(action["target"])

    def install(self, action: Json) -> None:
        self._keep(str(action["path"]))
        self._host.files[str(action["path"])] = sha(self._host.contents[str(action["source"])])

    def put(self, action: Json) -> None:
        blob = cast("dict[str, int]", action["content"])["blob"]
        self._host.contents[str(action["path"])] = self._blobs[blob]

    def unlink(self, action: Json) -> None:
        self._keep(str(action["path"]))
        self._host.files.pop(str(action["path"]), None)

    def put_back(self, action: Json) -> None:
        path = str(action["path"])
        if self._run is None or path not in self._run.kept:
            return
        link, file = self._run.kept[path]
        for now, old in ((self._host.links, link), (self._host.files, file)):
            now.pop(path, None)
            if old is not None:
                now[path] = old

    def export(self, action: Json) -> None:
        assert self._run is not None
        record = {**(self._run.release or {}), "state": "building"}
        self._host.releases[base(str(action["to"]))] = record

    def give_up(self, action: Json) -> None:
        record = self._host.releases.get(str(action["release"]), {"state": "good"})
        if record["state"] in {"building", "staged"}:
            del self._host.releases[str(action["release"])]
        elif record["state"] != "good":
            record["state"] = "failed"

    def mark(self, action: Json) -> None:
        record = self._host.releases[str(action["release"])]
        record.update(cast("list[tuple[str, str]]", action["note"]), state=action["state"])

    def start_unit(self, action: Json) -> None:
        unit = str(action["unit"])
        colour = unit.partition("@")[2].partition(".")[0]
        self._host.running[unit] = base(self._host.links[LAYOUT.colour(colour)])
        self._host.cooling.discard(unit)

    def stop_unit(self, action: Json) -> None:
        unit = str(action["unit"])
        if action["after"]:
            self._host.cooling.add(unit)
        else:
            self._host.running.pop(unit, None)
            self._host.cooling.discard(unit)

    def pause(self, action: Json) -> None:
        for unit in cast("list[str]", action["units"]):
            self._host.running.pop(unit, None)
            self._host.down.append(unit)

    def swap_enabled(self, action: Json) -> None:
        self._host.enabled.discard(str(action["disable"]))
        self._host.enabled |= {str(action["enable"])} - {""}

    def check_health(self, action: Json) -> None:
        host, release = self._host, str(action["release"])
        if host.running.get(str(action["unit"])) != release:
            raise Failed(f"{action['unit']} does not run {release}")
        through_front = any(one["front"] for one in cast("list[Json]", action["probes"]))
        if through_front and host.serving != release:
            raise Failed(f"{host.serving} still answers")
        if release in host.sick:
            raise Failed(f"{release} answers 500")


ACTIONS: Mapping[str, Callable[[Hands, Json], None]] = {
    "Link": Hands.link,
    "Install": Hands.install,
    "Put": Hands.put,
    "Unlink": Hands.unlink,
    "PutBack": Hands.put_back,
    "Export": Hands.export,
    "GiveUp": Hands.give_up,
    "Mark": Hands.mark,
    "StartUnit": Hands.start_unit,
    "StopUnit": Hands.stop_unit,
    "Pause": Hands.pause,
    "SwapEnabled": Hands.swap_enabled,
    "CheckHealth": Hands.check_health,
}


def answer(host: FakeHost, asked: Json) -> object:
    """Answer one fact."""
    fact = FACTS.get(str(asked["fact"]))
    return fact(host, asked) if fact else {"error": f"No fact is called {asked['fact']}."}


def disk(host: FakeHost, asked: Json) -> object:
    room = {"free": host.free, "total": 1 << 41, "inodes_free": 1 << 20, "inodes_total": 1 << 21}
    return dict.fromkeys(cast("list[str]", asked["paths"]), room)


def files(host: FakeHost, asked: Json) -> object:
    known = {path: host.files.get(path) for path in cast("list[str]", asked["paths"])}
    return {path: one and {"sha256": one} for path, one in known.items()}


def config(host: FakeHost, asked: Json) -> dict[str, str]:
    start = f"{LAYOUT.release(str(asked['release']))}/config/system"
    ours = {path: text for path, text in host.contents.items() if path.startswith(start)}
    return {path.removeprefix(start): sha(text) for path, text in ours.items()}


def texts(host: FakeHost, asked: Json) -> object:
    known = {sha(content): content.decode() for content in host.contents.values()}
    paths = cast("list[str]", asked["paths"])
    return {path: known.get(host.files.get(path, "")) for path in paths}


def health(host: FakeHost, asked: Json) -> object:
    well = host.serving == asked["release"] and host.serving not in host.sick
    first, *_ = cast("list[Json]", asked["probes"])
    return {"healthy": well, "cause": "" if well else "it answers 500", "asked": first}


def app(host: FakeHost, _: Json) -> object:
    """Say how the app stands."""
    if not host.set_up:
        return {"set_up": False}
    colours = {
        colour: {
            "release": base(host.links.get(LAYOUT.colour(colour), "")),
            "active": "active" if LAYOUT.unit(colour) in host.running else "inactive",
        }
        for colour in ("blue", "green")
    }
    live_config = host.contents.get(f"{LAYOUT.release(host.live)}/config/digest", b"")
    return {
        "set_up": True,
        "fence": host.fence,
        "counter": host.counter,
        "live": host.live,
        "live_colour": host.live_colour,
        "inherits": any(path.endswith("@.socket") for path in config(host, {"release": host.live})),
        "config_digest": live_config.decode().strip(),
        "colours": colours,
        "releases": list(host.releases.values()),
        "open_run": None,
        "schema": host.schema,
        "locked_by": host.work or ({"run": "another"} if host.locked else None),
        **fleet_records(host.records),
        "frozen": host.frozen,
        "hold": host.hold,
    }


def outcome(host: FakeHost, asked: Json) -> object:
    """Say what became of a run."""
    run = str(asked["run"])
    if host.awaiting is not None and host.awaiting.is_gone:
        host.deadline_passes()  # who asks again and again sees it pass
    return {**verdict(host.records, run), "at_work": host.awaiting is not None}


def remote_revision(host: FakeHost, asked: Json) -> object:
    if host.commits is None:
        return {"error": "fatal: unable to access the repository"}
    wanted = str(asked["revision"])
    is_whole = len(wanted) == 40
    return wanted if is_whole else host.commits.get(wanted, "")


FACTS: Mapping[str, Callable[[FakeHost, Json], object]] = {
    "app": app,
    "outcome": outcome,
    "damage": lambda host, asked: {
        one: host.damage.get(str(one), "") for one in cast("list[object]", asked["releases"])
    },
    "weights": lambda *_: {},
    "processes": lambda *_: [],
    "disk": disk,
    "files": files,
    "config": config,
    "health": health,
    "texts": texts,
    "python": lambda *_: {"version": "3.11.2", "path": "/usr/bin/python3.11", "venv": True},
    "remote_revision": remote_revision,
    "repository": lambda host, _: {"exists": bool(host.releases), "tips": [], "has": {}},
}


def said(message: Message) -> str:
    """A message in short: its verb, and the phase of an order."""
    if message["verb"] != "order":
        return str(message["verb"])
    return f"order {message['phase']}"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def base(path: str) -> str:
    return path.rpartition("/")[2]


def steps_done(host: FakeHost) -> tuple[str, ...]:
    """Name the steps that the host was ordered to do, in order."""
    return tuple(
        str(cast("Mapping[str, object]", step)["name"])
        for message in host.heard
        if message["verb"] == "order"
        for step in cast("list[object]", message["steps"])
    )
