"""Pending migrations, as the rehearsal of a release found them: each with what it does, judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.core.schema_change import Judged, Kind, Known, judge

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Migration:
    """One pending migration; not `atomic` means that it may stop half way through."""

    name: str
    changes: tuple[Judged, ...] = ()
    title: str = ""
    marked: str = ""
    atomic: bool = False

    @property
    def kind(self) -> Kind:
        """What it means for the code that runs now."""
        if any(one.kind is Kind.DESTRUCTIVE for one in self.breaking):
            return Kind.DESTRUCTIVE
        return Kind.ADDITIVE if self.changes or self.marked else Kind.NONE

    @property
    def breaking(self) -> tuple[Judged, ...]:
        """The changes that the running code cannot bear, or that nobody can vouch for."""
        if self.marked == Kind.DESTRUCTIVE:
            return (*self._breaking, Judged("is marked destructive", Kind.DESTRUCTIVE, _AUTHOR))
        if self.marked == Kind.ADDITIVE:
            return tuple(one for one in self._breaking if not one.unknown)
        return self._breaking

    @property
    def _breaking(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.changes if one.kind is Kind.DESTRUCTIVE)

    @property
    def words(self) -> str:
        """What it does, in one line."""
        shown = [one.words for one in self.changes[:_SHOWN]]
        more = len(self.changes) - _SHOWN
        listed = ", ".join([*shown, f"and {more} more"] if more > 0 else shown)
        title = f" `{self.title}`" if self.title else ""
        mark = f", marked {self.marked}" if self.marked else ""
        return f"{self.name}{title} ({self.kind}{mark}): {listed or 'changes no table'}"

    @property
    def reason(self) -> str:
        """Why it breaks the running code; "" if it does not."""
        return "; ".join(f"{one.words}: {one.why}" for one in self.breaking)


_AUTHOR = "its author says so"


@dataclass(frozen=True, slots=True)
class Pending:
    """All that a release brings, in the order in which they are applied.

    `known` is false when nobody looked. `first` means that the database is empty: no code runs on
    it yet. `together` means that they are applied all or none. `strangers` are applied, and the
    new code does not know them; `unmade` names models that were changed without a migration.
    """

    known: bool
    migrations: tuple[Migration, ...] = ()
    vendor: str = ""
    version: int = 0
    first: bool = False
    together: bool = False
    strangers: tuple[str, ...] = ()
    unmade: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(one.name for one in self.migrations)

    @property
    def kind(self) -> Kind:
        """One word for all of them."""
        if not self.migrations:
            return Kind.NONE
        if self.first:
            return Kind.ADDITIVE
        return max((one.kind for one in self.migrations), key=_ORDER.index)

    @property
    def destructive(self) -> tuple[Migration, ...]:
        """The ones that the running code cannot bear."""
        if self.first:
            return ()
        return tuple(one for one in self.migrations if one.kind is Kind.DESTRUCTIVE)

    @property
    def reason(self) -> str:
        """Why the running code cannot bear them; "" if it can."""
        return "; ".join(one.reason for one in self.destructive)


_ORDER = (Kind.NONE, Kind.ADDITIVE, Kind.DESTRUCTIVE)


def pending_migrations() -> Fact[Pending]:
    """Read what the check step of this run found; `known` is false when nobody looked."""
    return Fact("check", "", parse_pending)


def parse_pending(answer: object) -> Pending:
    """Read the `migrations` part of a rehearsal's report."""
    report = mapping(answer)
    if "migrations" not in report:
        return Pending(known=False)
    found = mapping(report["migrations"])
    vendor, version = found.get("vendor"), found.get("version")
    return Pending(
        known=True,
        migrations=judged(_objects(found.get("pending")), str(vendor or "")),
        vendor=str(vendor or ""),
        version=version if isinstance(version, int) else 0,
        first=found.get("first") is True,
        together=found.get("together") is True,
        strangers=_texts(found.get("strangers")),
        unmade=_texts(found.get("unmade")),
    )


def judged(described: Iterable[Mapping[str, object]], vendor: str = "") -> tuple[Migration, ...]:
    """Judge migrations one after the other: a later one may work on what an earlier one makes."""
    known = Known()
    return tuple(_judged(one, known, vendor) for one in described)


def vouched(pending: Pending, names: Sequence[str]) -> Pending:
    """Mark as additive those that somebody has read and named in the inventory."""
    return replace(
        pending,
        migrations=tuple(
            replace(one, marked=Kind.ADDITIVE) if one.name in names and not one.marked else one
            for one in pending.migrations
        ),
    )


def _judged(described: Mapping[str, object], known: Known, vendor: str) -> Migration:
    changes = described.get("changes")
    listed = changes if isinstance(changes, list) else [{}]
    marked, title = described.get("marked"), described.get("title")
    return Migration(
        name=str(described.get("name")),
        changes=tuple(judge(mapping(one), known, vendor) for one in listed),
        title=title if isinstance(title, str) else "",
        marked=str(marked) if marked in {Kind.ADDITIVE, Kind.DESTRUCTIVE} else "",
        atomic=described.get("atomic") is True,
    )


def _objects(value: object) -> tuple[Mapping[str, object], ...]:
    listed = value if isinstance(value, list) else []
    return tuple(mapping(one) if isinstance(one, Mapping) else {"name": one} for one in listed)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
