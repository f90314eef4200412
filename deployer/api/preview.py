"""A plan compiled with real facts by the engine's own compiler, and put into words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from deployer.api.changes import changes
from deployer.api.environment import Environment
from deployer.api.rollout_words import rollout_words
from deployer.core.describe import describe
from deployer.core.plan import Plan
from deployer.core.preview import HostPreview, PhasePreview, Preview, StepPreview
from deployer.core.step import Phase, Step, Target
from deployer.engine.compiler import Compiled, compile_phase, questions
from deployer.engine.session import Session

Answers = Mapping[str, object]


def previewed(
    at: Environment, sessions: Mapping[str, Session], plan: Plan, provisional: Answers
) -> Preview:
    """Compile every phase for every host; `provisional` stands for what later actions find."""
    hosts = at.fleet(sessions, lambda session: _host(at, session, plan, provisional))
    shown: list[HostPreview] = []
    for host in hosts.values():
        if not isinstance(host, HostPreview):
            raise host
        shown.append(host)
    return Preview(
        command=plan.command,
        environment=at.inventory.environment,
        app=at.inventory.app.name,
        release=plan.release.id if plan.release else "",
        revision=plan.release.revision if plan.release else "",
        batches=plan.batches,
        hosts=tuple(shown),
        rollout=rollout_words(at, plan),
    )


def _host(at: Environment, session: Session, plan: Plan, provisional: Answers) -> HostPreview:
    on = plan.target(session.host)
    unknown = {fact.key for fact in questions(plan.steps, on) if not fact.name}
    facts = session.facts.merged({key: provisional.get(key, {}) for key in unknown})
    phases: list[PhasePreview] = []
    for phase in Phase:
        compiled = compile_phase(phase, plan.steps_of(phase), on, facts)
        phases.append(_phase(phase, plan.steps_of(phase), compiled, on))
        if compiled.refused:
            break
    live = plan.live.get(session.host, "")
    shown = tuple(phase for phase in phases if phase.steps)
    return HostPreview(session.host, live, shown, changes(at, session, on, live))


def _phase(phase: Phase, steps: Sequence[Step], compiled: Compiled, on: Target) -> PhasePreview:
    known = {
        one.name: StepPreview(one.name, tuple(describe(action) for action in one.do))
        for one in compiled.order.steps
    }
    known.update((name, StepPreview(name, skipped=why)) for name, why in compiled.skipped)
    known.update((name, StepPreview(name, passed=note)) for name, note in compiled.passed)
    if compiled.refused:
        name, refusal = compiled.refused
        known[name] = StepPreview(name, refused=refusal.cause, hint=refusal.hint)
    return PhasePreview(
        phase,
        tuple(
            replace(
                known[step.name],
                provisional=_waits(step, on),
                notices=tuple(one.text for name, one in compiled.notices if name == step.name),
            )
            for step in steps
            if step.name in known
        ),
    )


def _waits(step: Step, on: Target) -> bool:
    return any(not fact.name for fact in step.facts(on))
