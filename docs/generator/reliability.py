"""The page of what was survived, from the kept results of `inv dev.faults`."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from docs.generator.markdown import page, table

Row = Mapping[str, object]
STEPS = (
    *("backup", "pull", "install", "configure", "check", "migrate", "collect_static"),
    *("restart", "check_health", "activate", "check_front"),
)
BESIDE = ("stop_processes", "run_processes")
COLUMNS = (
    "begin",
    *STEPS,
    "processes",
    "confirm",
    "commit",
    "finish",
    "way back",
    "restore",
    "any time",
)
RESTORE = "restore"
TAKE_TURNS = ("plain", "socket")
"""Ways to restart in which for a moment no release runs."""
FINISH = ("retire", "prune")
CONFIRM = ("confirm", "propose")
BACK = ("undo:", "recover", "journal:undo", "end:rolled_back", "end:aborted")

ABOUT = """\
Faults are injected into real Debian hosts ([lab](guides/lab.md)) while `inv deploy`,
`inv rollback`, `inv recover`, `inv backup`, `inv restore`, `inv prune`, `inv hold` and `inv unhold`
are at work: at named points before, in the middle of and after each step, in the journal, at the
commit, on the way back, between two renames of a restore's swap, and at random moments; also while
the app has workers and a timer, while it is restarted by `socket` or `plain`, and while one of
these changes.
`inv dev.faults` does all of it; `./run test` does a chosen part.

A fault counts as survived only if all of this holds afterwards, without anybody's help:

- **Journal**: every run has its end, `committed`, `rolled_back` or `aborted`; the lock is free; the
  exit code of the interrupted command says the same as the journal.
- **Kernel**: the process behind nginx runs in the live release (`/proc/<MainPID>/cwd`), its unit is
  active and starts at boot, and no agent is left. The live release is the one the journal names.
  Workers and timers are those that it brings: active, from it, started at boot, and no others.
- **Users**: a client that reads and writes the whole time was answered by the old or the new
  release only, and by a whole one. Lost requests are counted below.
- **Files**: every file of the live release has the content that was committed, every file of its
  packages that of its wheel; every published backup matches its sums and holds a sound database.
- **Rows**: the database is sound and holds every row that was acknowledged, and no other. After a
  restore it holds those of the backup and what was written since the swap, and the kept old
  database has all others; after one that was put back it is as it was before.
- **Next command**: `inv status` tells, and a new revision deploys at once.

*Power loss* is real: the host's disk (ext4, all of `/`) is shut down without flushing its log,
every process is killed at the same time, and the host boots on a copy of what had reached the
disk."""

NOT_COVERED = """\
- Bugs of the kernel, and disks that say "flushed" and lie.
- Hosts on NFS, ZFS or btrfs; `/srv` and `/var/lib` on two file systems (the lab has one).
- MariaDB and PostgreSQL under power loss: the app of these cases has SQLite. Only a restore of
  theirs is struck, in `tests/lab`.
- Apps that take seconds to start: the tiny app of these cases takes 0.3.
- Fleets: each case has one host. What a fleet does when its controller dies is tested apart, in
  `tests/lab`.
- At boot, the content of files over 1 MiB and of environments of packages: only their names and
  sizes are compared then, so that a boot takes no longer for it.
- A hostile root user on the host; load balancers in front of it."""


def reliability_page(results: Path) -> str:
    """Give the page; without results it says so."""
    rows = (
        [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    )
    runs = [row for row in rows if row.get("run")]
    cases = [row for row in rows if "kind" in row]
    controls = [row for row in rows if row.get("control")]
    corrupted = [row for row in rows if "corrupted" in row]
    if not runs:
        return page("What is survived", ABOUT, "No run has been kept yet: `inv dev.faults`.")
    return page(
        "What is survived",
        _headline(runs[0], cases, controls),
        ABOUT,
        "## Faults by kind and step",
        "Survived of injected. *finish* is what follows the commit; *way back* is the undoing of a "
        "broken deploy, a rollback or a recovery that is struck itself; *restore* is any moment of "
        "one.",
        _matrix(cases),
        "## Figures by kind",
        "Seconds are from the fault (after a loss of power: from the end of the boot) until the "
        "host has put itself right. Requests are all requests while the case ran; those lost from "
        "the loss of power to the first answer after the boot are apart, and so are those lost "
        "where the app stops for a moment: in a restore, and when releases take turns. A full disk "
        "keeps the app itself from writing.",
        _figures(cases),
        *_failures(cases),
        "## Without the mechanism",
        "Each mechanism was taken out, and the same fault was injected with it and without it. A "
        "mechanism is shown when the fault is survived with it and does harm without it.",
        _controls(controls),
        *_corrupted(corrupted),
        "## Not covered",
        NOT_COVERED,
    )


def _headline(run: Row, cases: Sequence[Row], controls: Sequence[Row]) -> str:
    survived = sum(_survived(case) for case in cases)
    shown = sum(bool(control.get("shown")) for control in controls)
    power = sum("power" in str(case["kind"]) for case in cases)
    return (
        f"**{len(cases)} faults injected, {survived} survived**, {power} of them losses of power; "
        f"{shown} of {len(controls)} mechanisms shown to be needed. {run['date']} UTC, "
        f"{run['minutes']} minutes on {run['hosts']} hosts of one machine ({run['machine']}), "
        f"seed {run['seed']}."
    )


def _matrix(cases: Iterable[Row]) -> str:
    cells: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for case in cases:
        cells[str(case["kind"]), _column(case)].append(_survived(case))
    kinds = dict.fromkeys(kind for kind, _ in cells)
    columns = [one for one in COLUMNS if any(column == one for _, column in cells)]
    lines = [
        [kind, *(_count(cells.get((kind, column), [])) for column in columns), _total(cells, kind)]
        for kind in sorted(kinds, key=str.casefold)
    ]
    return table(("kind", *columns, "all"), lines)


def _column(case: Row) -> str:
    point = str(case["point"])
    apart = (
        (RESTORE, case.get("during") == RESTORE),
        ("way back", case.get("second") or any(word in point for word in BACK)),
        ("any time", point == "any"),
    )
    if found := [column for column, is_so in apart if is_so]:
        return found[0]
    step = point.rpartition(":")[2].partition("@")[0]
    if step in FINISH:
        return "finish"
    if step in STEPS:
        return step
    if step in BESIDE:
        return "processes"
    if any(word in point for word in CONFIRM):
        return "confirm"
    return "commit" if "commit" in point else "begin"


def _count(found: Sequence[bool]) -> str:
    return f"{sum(found)}/{len(found)}" if found else ""


def _total(cells: Mapping[tuple[str, str], list[bool]], kind: str) -> str:
    return _count([one for (other, _), found in cells.items() if other == kind for one in found])


def _figures(cases: Iterable[Row]) -> str:
    kinds: dict[str, list[Row]] = defaultdict(list)
    for case in cases:
        kinds[str(case["kind"])].append(case)
    heads = ("kind", "cases", "seconds, median", "worst", "noticed, worst", "requests")
    lines = [_figure(kind, kinds[kind]) for kind in sorted(kinds, key=str.casefold)]
    return table((*heads, "lost", "lost while off", "lost while stopped"), lines)


def _figure(kind: str, cases: Sequence[Row]) -> tuple[str, ...]:
    back = [_number(case, "recovered") for case in cases]
    noticed = max(_number(case, "noticed") for case in cases)
    stopped = sum(int(_number(case, "lost")) for case in cases if _stops(case))
    asked, lost, off = (
        sum(int(_number(case, key)) for case in cases)
        for key in ("asked", "lost", "lost_while_off")
    )
    figures = (f"{median(back):.1f}", f"{max(back):.1f}", f"{noticed:.1f} s" if noticed else "")
    apart = (f"{off or ''}", f"{stopped or ''}")
    return (kind, f"{len(cases)}", *figures, f"{asked}", f"{lost - stopped}", *apart)


def _stops(case: Row) -> bool:
    return case.get("during") == RESTORE or any(
        one in str(case.get("way", "")) for one in TAKE_TURNS
    )


def _failures(cases: Iterable[Row]) -> Iterable[str]:
    bad = [case for case in cases if not _survived(case)]
    if not bad:
        return ()
    heads = ("during", "kind", "point", "what was wrong")
    lines = [
        [*(str(case.get(key, "")) for key in ("during", "kind", "point")), _problems(case)]
        for case in bad
    ]
    return ("## Not survived", table(heads, lines))


def _problems(case: Row) -> str:
    found = case.get("problems")
    return "; ".join(str(one)[:200] for one in found) if isinstance(found, list) else ""


def _controls(controls: Iterable[Row]) -> str:
    lines = [
        (
            str(one["mechanism"]),
            str(one["fault"]),
            "survived" if not one["with"] else "NOT survived",
            _first(one["without"]) or "survived: NOT shown",
        )
        for one in controls
    ]
    return table(("mechanism", "fault", "with it", "without it"), lines)


def _corrupted(fed: Sequence[Row]) -> Iterable[str]:
    if not fed:
        return ()
    count = sum(int(_number(one, "corrupted")) for one in fed)
    lists = (one.get("missed") for one in fed)
    missed = [str(name) for found in lists if isinstance(found, list) for name in found]
    told = f"; not found: {', '.join(missed)}" if missed else ""
    text = (
        f"**{count} fed, {count - len(missed)} found**{told}. The newest backup of a host was "
        "damaged (a bit turned, a file cut, emptied, lengthened, removed, swapped with another, "
        "the record gone or of another form, a file added), and `inv backups --verify` had to "
        "exit 3 each time."
    )
    return "## Corrupted backups", text


def _first(found: object) -> str:
    return str(found[0])[:160] if isinstance(found, list) and found else ""


def _survived(case: Row) -> bool:
    return not case.get("problems")


def _number(row: Row, key: str) -> float:
    value = row.get(key, 0)
    return float(value) if isinstance(value, (int, float)) else 0.0
