"""Pending migrations, as the rehearsal of a release found them."""

from dataclasses import dataclass

from deployer.core.fact import Fact
from deployer.core.host_facts import mapping


@dataclass(frozen=True, slots=True)
class Pending:
    """Migrations that a release brings; the destructive ones are those older code cannot bear."""

    known: bool
    names: tuple[str, ...] = ()
    destructive: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """One word for all of them: none, additive or destructive."""
        if not self.names:
            return "none"
        return "destructive" if self.destructive else "additive"


def pending_migrations() -> Fact[Pending]:
    """Read what the check step of this run found; `known` is false when nobody looked."""
    return Fact("check", "", parse_pending)


def parse_pending(answer: object) -> Pending:
    """Read the `migrations` part of a rehearsal's report."""
    report = mapping(answer)
    if "migrations" not in report:
        return Pending(known=False)
    found = mapping(report["migrations"])
    return Pending(
        known=True,
        names=_texts(found.get("pending")),
        destructive=_texts(found.get("destructive")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
