"""Judge the health of a release from what was seen of it so far: samples in, a verdict out.

A release is healthy when every probe was answered well by its own processes, systemd calls the
unit active with no restarts, and its processes stayed the same for `settle` seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GRACE = 10.0
LAPSE = 5.0


@dataclass(frozen=True)
class Trouble:
    """Why a round was not good; `kind` sorts it, the rest is for people."""

    kind: str
    cause: str
    hint: str = ""


@dataclass(frozen=True)
class Sample:
    """One round: seconds since the first one, the unit's state, its processes, what was wrong."""

    at: float
    active: str = "active"
    sub: str = "running"
    restarts: int = 0
    processes: frozenset[int] = frozenset()
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Patience:
    """How long to wait for the first good round, and how long it must stay good, in seconds.

    `steady`: with the same processes all the time. Without it users are there already, and the
    release is known to be well: then trouble may last for LAPSE only.
    """

    timeout: float
    settle: float
    steady: bool = True


@dataclass(frozen=True)
class Verdict:
    """`healthy`, `waiting` or `failed`, and why."""

    state: str
    cause: str = ""
    hint: str = ""


HEALTHY = Verdict("healthy")
WAITING = Verdict("waiting")
_READ_LOG = "Read the log lines above; `inv logs` shows more."


def judge(samples: Sequence[Sample], patience: Patience) -> Verdict:
    """Say what the samples mean, the newest last."""
    last = samples[-1]
    dead = _dead(last, samples)
    if dead:
        return dead
    trouble = last.trouble
    if trouble is None and not _good(last):
        trouble = Trouble("unit", f"the unit is {last.active}/{last.sub}")
    if trouble:
        return _not_good(last, trouble, samples, patience)
    return _settling(samples, patience)


def _dead(last: Sample, samples: Sequence[Sample]) -> Verdict | None:
    if last.restarts > 0 or last.sub == "auto-restart":
        times = max(last.restarts, 1)
        return Verdict(
            "failed",
            f"the new release is in a crash loop: systemd restarted it {times} time(s)",
            _READ_LOG,
        )
    if last.active in ("failed", "inactive", "deactivating"):
        alive = [sample.at for sample in samples if sample.active == "active"]
        when = f"crashed after {max(last.at, 0.1):.1f} s" if alive else "is not running"
        return Verdict("failed", f"the new release {when} ({last.active}/{last.sub})", _READ_LOG)
    return None


def _not_good(
    last: Sample, trouble: Trouble, samples: Sequence[Sample], patience: Patience
) -> Verdict:
    was_good = any(_good(sample) for sample in samples)
    if was_good and trouble.kind == "status":
        return Verdict("failed", f"it was healthy first, then {trouble.cause}", trouble.hint)
    if last.at >= _deadline(samples, patience) or _lapsed(samples, patience):
        cause = f"{trouble.cause} (for {last.at:.0f} s)" if last.at >= 1 else trouble.cause
        return Verdict("failed", cause, trouble.hint)
    return WAITING


def _lapsed(samples: Sequence[Sample], patience: Patience) -> bool:
    well = next((sample.at for sample in reversed(samples) if _good(sample)), 0.0)
    return not patience.steady and samples[-1].at - well >= LAPSE


def _settling(samples: Sequence[Sample], patience: Patience) -> Verdict:
    last = samples[-1]
    since = last.at
    for sample in reversed(samples):
        changed = patience.steady and sample.processes != last.processes
        if changed or not _good(sample):
            break
        since = sample.at
    if last.at - since >= patience.settle:
        return HEALTHY
    if last.at >= _deadline(samples, patience):
        return Verdict(
            "failed",
            "processes of the new release keep coming and going",
            "Workers die and are started again. " + _READ_LOG,
        )
    return WAITING


def _good(sample: Sample) -> bool:
    return sample.trouble is None and sample.active == "active" and sample.restarts == 0


def _deadline(samples: Sequence[Sample], patience: Patience) -> float:
    first = next((sample.at for sample in samples if _good(sample)), None)
    if first is None or patience.settle <= 0:
        return patience.timeout
    return max(patience.timeout, first + patience.settle + GRACE)
