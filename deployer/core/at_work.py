"""What may stand in the way of a run on a host: another run, a hold, a frozen revision."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployer.core.host_facts import mapping


@dataclass(frozen=True, slots=True)
class AtWork:
    """The run that holds the lock; `seconds` is for how long."""

    run: str
    command: str = ""
    actor: str = ""
    step: str = ""
    seconds: int = 0

    def __str__(self) -> str:
        """Say who, which command, which step, since how long."""
        who = f" of {self.actor}" if self.actor else ""
        step = f", in step `{self.step}`" if self.step else ""
        return f"{self.command or 'run'} `{self.run}`{who}, for {age(self.seconds)}{step}"


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody keeps everybody from changing the app; `until` is a text of the host's clock."""

    id: str
    who: str = ""
    why: str = ""
    until: str = ""

    def __str__(self) -> str:
        """Say who, why, until when, and the id that ends it."""
        return f"by `{self.who or 'somebody'}`: {self.why} (id `{self.id}`, {self.until})"


@dataclass(frozen=True, slots=True)
class Frozen:
    """A revision that was rolled back, by which run, why and when."""

    revision: str
    release: str = ""
    run: str = ""
    cause: str = ""
    when: str = ""

    def __str__(self) -> str:
        """Say which revision it is and what happened to it."""
        return f"`{self.revision[:12]}`, {self.why}"

    @property
    def why(self) -> str:
        """Say what happened to it."""
        return f"rolled back by run `{self.run}` on {self.when}: {self.cause}"


def age(seconds: float) -> str:
    """Write a time in the two largest units that say something."""
    whole = int(seconds)
    if whole < 60:  # noqa: PLR2004  seconds of a minute
        return f"{whole} s"
    minutes = whole // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004  as above


def parse_at_work(answer: object) -> AtWork | None:
    """Read the agent's word on who holds the lock; None if nobody does."""
    data = mapping(answer)
    if not data:
        return None
    seconds = data.get("seconds")
    return AtWork(
        run=_text(data, "run"),
        command=_text(data, "command"),
        actor=_text(data, "actor"),
        step=_text(data, "step"),
        seconds=seconds if isinstance(seconds, int) else 0,
    )


def parse_hold(answer: object) -> Hold | None:
    """Read the agent's word on a hold; None if there is none."""
    data = mapping(answer)
    if not data:
        return None
    texts = (_text(data, key) for key in ("id", "who", "why", "until_text"))
    return Hold(*texts)


def parse_frozen(answer: object) -> tuple[Frozen, ...]:
    """Read the agent's list of frozen revisions."""
    keys = ("revision", "release", "run", "cause", "when")
    known = answer if isinstance(answer, list) else []
    return tuple(Frozen(*(_text(mapping(one), key) for key in keys)) for one in known)


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
