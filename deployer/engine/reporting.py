"""What is said of one host: what was decided here about its steps, and how a run ended there."""

from deployer.core.event import Emit, Noticed, StepFailed, StepFinished, StepSkipped
from deployer.core.plan import Plan
from deployer.core.report import EXIT_CODES, HostReport, Outcome
from deployer.engine.compiler import Compiled
from deployer.engine.session import Ended
from deployer.errors import DeployerError, HostBroken

_NOT_BEGUN = {EXIT_CODES[one]: one for one in (Outcome.LOCKED, Outcome.ABORTED)}
_SURE = (Outcome.COMMITTED, Outcome.ABORTED, Outcome.ROLLED_BACK, Outcome.LOCKED)


def host_report(plan: Plan, host: str, outcome: Outcome, end: Ended) -> HostReport:
    """Say how a run ended on a host, and which release serves there if that is known."""
    committed = outcome is Outcome.COMMITTED and plan.release is not None
    old = plan.live.get(host, "") if outcome in _SURE else ""
    return HostReport(
        host=host,
        outcome=outcome,
        release=plan.target(host).release.id if committed else old,
        step=end.step,
        cause=end.cause,
        hint=end.hint,
    )


def not_begun(error: DeployerError) -> Outcome:
    """Say how a run ended on a host that did not let it begin."""
    if isinstance(error, HostBroken):
        return Outcome.ROLLBACK_FAILED
    return _NOT_BEGUN.get(error.exit_code, Outcome.UNKNOWN)


def tell_compiled(emit: Emit, host: str, one: Compiled) -> Ended | None:
    """Say what the steps of a phase need not, or must not, do on a host; gives the refusal."""
    for _, notice in one.notices:
        emit(Noticed(notice.text, notice.level, host))
    for step, note in one.passed:
        emit(StepFinished(host, step, 0.0, changed=False, note=note))
    for step, reason in one.skipped:
        emit(StepSkipped(host, step, reason))
    if one.refused is None:
        return None
    step, refusal = one.refused
    emit(StepFailed(host, step, 0.0, refusal.cause, refusal.hint))
    return Ended(ok=False, step=step, cause=refusal.cause, hint=refusal.hint)
