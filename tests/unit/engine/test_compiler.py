from dataclasses import dataclass, replace

import pytest

from deployer.core.action import Action
from deployer.core.actions.units import StartUnit, StopUnit
from deployer.core.fact import Fact, Facts
from deployer.core.order import Order, OrderedStep
from deployer.core.step import Phase, Refuse, Scope, Skip, Target, Work
from deployer.engine.compiler import Compiled, compile_phase, questions
from deployer.errors import DeployerError, InternalError, NoSuchRevision
from tests.shop_values import target

NONE = Facts({})
SIZE = Fact("size", "disk", str)


@dataclass(frozen=True)
class Plain:
    """A step that does what it is told."""

    name: str
    work: Work | DeployerError = (StartUnit("x"),)
    scope: Scope = Scope.EACH
    phase: Phase = Phase.BUILD

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (replace(SIZE, key=self.name),)

    def do(self, on: Target, facts: Facts) -> Work:
        if isinstance(self.work, DeployerError):
            raise self.work
        return self.work

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        return (StopUnit(self.name),)


def test_steps_become_one_order_with_their_undo():
    made = compile_phase(Phase.BUILD, (Plain("one"), Plain("two")), target(), NONE)

    assert made == Compiled(
        Order(
            "BUILD",
            (
                OrderedStep("one", (StartUnit("x"),), (StopUnit("one"),)),
                OrderedStep("two", (StartUnit("x"),), (StopUnit("two"),)),
            ),
        )
    )


def test_what_is_skipped_never_reaches_the_host():
    made = compile_phase(Phase.BUILD, (Plain("one", Skip("done")), Plain("two")), target(), NONE)

    assert [step.name for step in made.order.steps] == ["two"]
    assert made.skipped == (("one", "done"),)


def test_a_refusal_stops_the_whole_phase():
    steps = (Plain("zero", Skip("done")), Plain("one"), Plain("two", Refuse("no", "mend it")))

    made = compile_phase(Phase.BUILD, (*steps, Plain("three")), target(), NONE)

    no = ("two", Refuse("no", "mend it"))
    assert made == Compiled(Order("BUILD", ()), (("zero", "done"),), refused=no)


def test_what_we_cannot_supply_is_a_refusal_of_its_step():
    broken = Plain("pull", NoSuchRevision("gone", hint="fetch it"))

    made = compile_phase(Phase.BUILD, (broken,), target(), NONE)

    assert made.refused == ("pull", Refuse("gone", "fetch it"))


def test_a_bug_of_a_step_is_not_hidden():
    broken = Plain("pull", InternalError("asked for nothing"))

    with pytest.raises(InternalError):
        compile_phase(Phase.BUILD, (broken,), target(), NONE)


def test_what_is_done_once_is_left_to_the_leader():
    once = Plain("once", scope=Scope.ONCE)

    led = compile_phase(Phase.BUILD, (once,), target(leader=True), NONE)
    other = compile_phase(Phase.BUILD, (once,), target(leader=False), NONE)

    assert [step.name for step in led.order.steps] == ["once"]
    assert other == Compiled(Order("BUILD", ()))


def test_only_facts_of_steps_that_take_part_are_asked():
    steps = (Plain("one"), Plain("once", scope=Scope.ONCE))

    assert [fact.key for fact in questions(steps, target(leader=False))] == ["one"]
    assert [fact.key for fact in questions(steps, target(leader=True))] == ["one", "once"]
