"""Steps and facts become orders; what refuses or skips never reaches a host."""

from collections.abc import Sequence
from dataclasses import dataclass

from deployer.core.fact import Fact, Facts
from deployer.core.order import Order, OrderedStep
from deployer.core.step import (
    Notice,
    Passed,
    Phase,
    Refuse,
    Scope,
    Skip,
    Step,
    Target,
    Told,
    Work,
)
from deployer.errors import DeployerError, InternalError


@dataclass(frozen=True, slots=True)
class Compiled:
    """One phase for one host: the order, what is skipped, and the first refusal if any."""

    order: Order
    skipped: tuple[tuple[str, str], ...] = ()
    passed: tuple[tuple[str, str], ...] = ()
    refused: tuple[str, Refuse] | None = None
    notices: tuple[tuple[str, Notice], ...] = ()


def questions(steps: Sequence[Step], on: Target) -> tuple[Fact[object], ...]:
    """Give every fact that these steps will read on a host."""
    return tuple(fact for step in steps if _takes_part(step, on) for fact in step.facts(on))


def compile_phase(phase: Phase, steps: Sequence[Step], on: Target, facts: Facts) -> Compiled:
    """Turn the steps of a phase into the order for one host, undo included."""
    ordered: list[OrderedStep] = []
    skipped: list[tuple[str, str]] = []
    passed: list[tuple[str, str]] = []
    notices: list[tuple[str, Notice]] = []
    refused: tuple[str, Refuse] | None = None
    for step in (one for one in steps if _takes_part(one, on)):
        work = _work(step, on, facts)
        notices += ((step.name, one) for one in _notices(work))
        match work:
            case Refuse():
                ordered, refused = [], (step.name, work)
                break
            case Skip(reason):
                skipped.append((step.name, reason))
            case Passed(note):
                passed.append((step.name, note))
            case Told(actions) | actions:
                ordered.append(OrderedStep(step.name, tuple(actions), step.undo(on, facts)))
    order = Order(phase, tuple(ordered))
    return Compiled(order, tuple(skipped), tuple(passed), refused, tuple(notices))


def _notices(work: Work) -> tuple[Notice, ...]:
    return () if isinstance(work, tuple) else work.notices


def _work(step: Step, on: Target, facts: Facts) -> Work:
    try:
        return step.do(on, facts)
    except InternalError:
        raise
    except DeployerError as error:
        # What we cannot supply (a commit that is not here) is trouble of this run, not a crash.
        return Refuse(error.message, error.hint)


def _takes_part(step: Step, on: Target) -> bool:
    return step.scope is Scope.EACH or on.leader
