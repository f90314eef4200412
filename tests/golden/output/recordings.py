"""Runs as the engine tells them: what each sink is shown in the golden tests."""

from datetime import UTC, datetime, timedelta

from deployer.core.event import (
    ActionStarted,
    Event,
    Noticed,
    OutputLine,
    PhaseStarted,
    RecoveryFinished,
    RecoveryStarted,
    RunFinished,
    RunStarted,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
)
from deployer.core.report import HostReport, Outcome

RUN = "20261121-134501-4f2a"
NEW = "000042-1a2b3c4"
OLD = "000041-9f8e7d6"
WEB = ("web1", "web2")
EVIL = (
    "\x1b]0;owned\x07::error::forged\r\n\x1b[2Jweb2 | check_health  0.1 s ##[add-mask]x \u202egnp"
)


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 21, 13, 45, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def started(command: str = "deploy", hosts: tuple[str, ...] = WEB) -> RunStarted:
    return RunStarted(RUN, command, "prod", "shop", hosts, "1a2b3c4 (main)", NEW)


def prepared() -> list[Event]:
    backup = "/opt/backups/shop_20261121_134502-000042 (3 files, 1.2 MB, verified)"
    return [
        started(),
        PhaseStarted("prepare", WEB),
        *(StepStarted(host, "preflight") for host in WEB),
        *(
            StepFinished(host, "preflight", 0.1, changed=False, note="disk 80 GB free")
            for host in WEB
        ),
        *(StepFinished(host, "backup", 0.31, note=backup) for host in WEB),
        PhaseStarted("build", WEB),
        ActionStarted("web1", "install", "pip install --require-hashes"),
        OutputLine("web1", "install", "Collecting django==5.2"),
        StepSkipped("web1", "install", "same lock as 000041 (venv 3.11.2-9f2c)"),
        StepFinished("web2", "install", 83.2, note="venv 3.11.2-9f2c, 14 packages"),
    ]


def success() -> list[Event]:
    return [
        *prepared(),
        PhaseStarted("publish", ("web1",)),
        StepFinished("web1", "migrate", 1.2, note="applied shop.0003_price"),
        PhaseStarted("verify", WEB),
        StepFinished(
            "web1", "check_health", 0.4, changed=False, note=f"answered by {NEW}, pid 812"
        ),
        StepFinished(
            "web2", "check_health", 0.4, changed=False, note=f"answered by {NEW}, pid 790"
        ),
        PhaseStarted("finish", WEB),
        Noticed("the clock is 3 s behind", "warning", "web2"),
        StepFinished("web1", "prune", 0.0, changed=False),
        RunFinished(
            RUN,
            "deploy",
            Outcome.COMMITTED,
            0,
            3.1,
            tuple(HostReport(host, Outcome.COMMITTED, NEW, seconds=3.0) for host in WEB),
            f"{NEW} is live on web1, web2",
        ),
    ]


def rolled_back() -> list[Event]:
    cause = "/healthz answered 500, from the new release"
    hint = "read the traceback: `inv logs --env prod`"
    return [
        *prepared(),
        PhaseStarted("verify", WEB),
        StepFinished(
            "web1", "check_health", 0.4, changed=False, note=f"answered by {NEW}, pid 812"
        ),
        StepFailed("web2", "check_health", 12.34, cause, hint, ("Traceback:", "KeyError: 'a|b'")),
        RecoveryStarted("web2", "check_health failed"),
        RecoveryStarted("web1", "web2 failed"),
        RecoveryFinished("web2", Outcome.ROLLED_BACK, f"{OLD} is healthy"),
        RecoveryFinished("web1", Outcome.ROLLED_BACK, f"{OLD} is healthy"),
        RunFinished(
            RUN,
            "deploy",
            Outcome.ROLLED_BACK,
            6,
            20.5,
            (
                HostReport("web1", Outcome.ROLLED_BACK, OLD, "", "", "", 20.1),
                HostReport("web2", Outcome.ROLLED_BACK, OLD, "check_health", cause, hint, 20.4),
            ),
            f"{OLD} is live and healthy on web1, web2",
            "inv history --env prod",
        ),
    ]


def aborted() -> list[Event]:
    cause = f"pip: no such package: {EVIL}"
    return [
        started(hosts=("web1",)),
        PhaseStarted("build", ("web1",)),
        StepFailed("web1", "install", 2.0, cause, "", ("100% | done", EVIL, "::set-output::x")),
        RunFinished(
            RUN,
            "deploy",
            Outcome.ABORTED,
            9,
            2.2,
            (HostReport("web1", Outcome.ABORTED, OLD, "install", cause, "", 2.1),),
            "stopped before anything live was touched",
        ),
    ]


def mixed() -> list[Event]:
    cause = "the connection was lost"
    return [
        RunStarted(RUN, "rollback", "prod", "shop", WEB, "", NEW),
        PhaseStarted("verify", WEB),
        RecoveryStarted("web2", cause),
        RecoveryFinished("web2", Outcome.ROLLBACK_FAILED, "nginx does not start", ("bind: 80",)),
        RunFinished(
            RUN,
            "rollback",
            Outcome.MIXED,
            8,
            5.0,
            (
                HostReport("web1", Outcome.COMMITTED, NEW, "", "", "", 4.0),
                HostReport("web2", Outcome.ROLLBACK_FAILED, "", "verify", cause, "log in", 5.0),
            ),
            "web1 and web2 are on different releases",
            "inv status --env prod",
        ),
    ]


def unreachable() -> list[Event]:
    cause = "no answer from 192.0.2.7 port 22 within 10 s"
    return [
        started(),
        Noticed(f"web2: {cause}", "error", "web2"),
        RunFinished(
            RUN,
            "deploy",
            Outcome.UNREACHABLE,
            4,
            10.0,
            (
                HostReport("web1", Outcome.ABORTED, OLD, "", "", "", 0.1),
                HostReport("web2", Outcome.UNREACHABLE, "", "", cause, "check the address", 10.0),
            ),
            "nothing was changed",
            "inv check --env prod",
        ),
    ]


RUNS = {
    "success": success,
    "rolled-back": rolled_back,
    "aborted": aborted,
    "mixed": mixed,
    "unreachable": unreachable,
}
