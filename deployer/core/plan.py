"""What one run will do: the same value is printed by `inv plan` and carried out by `inv deploy`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployer.core.action import Action
from deployer.core.release import Release
from deployer.core.rollout import Rollout
from deployer.core.step import Phase, Scope, Step, Target


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps for targets, in batches; `settle` holds for each host what follows an unwinding."""

    run: str
    command: str
    actor: str
    steps: tuple[Step, ...]
    targets: tuple[Target, ...]
    batches: tuple[tuple[str, ...], ...]
    settle: dict[str, tuple[Action, ...]]
    fences: dict[str, int]
    live: dict[str, str]
    release: Release | None = None
    rollout: Rollout = field(default_factory=Rollout)
    waits: float = 0.0
    """Seconds for which a host may have to wait for other batches, in all."""
    between: tuple[Step, ...] = ()
    """What is done on all hosts that have switched before the next batch begins."""
    _on: Mapping[str, Target] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_on", {target.host.name: target for target in self.targets})

    def steps_of(self, phase: Phase, scope: Scope | None = None) -> tuple[Step, ...]:
        """Give the steps of a phase, in order; with `scope`, only those."""
        return tuple(
            step
            for step in self.steps
            if step.phase is phase and (scope is None or step.scope is scope)
        )

    def target(self, host: str) -> Target:
        """Give the target on a host."""
        return self._on[host]

    @property
    def leaders(self) -> tuple[str, ...]:
        """The hosts that run what is done once for each database."""
        return tuple(target.host.name for target in self.targets if target.leader)


def batches(hosts: tuple[str, ...], sizes: tuple[int | str, ...]) -> tuple[tuple[str, ...], ...]:
    """Cut hosts into batches by counts and percents of all; the last size repeats.

    A share is rounded down, so that never more hosts are at risk than it says, but is at least one.
    """
    cut: list[tuple[str, ...]] = []
    rest = hosts
    position = 0
    while rest:
        size = sizes[min(position, len(sizes) - 1)]
        share = int(size.rstrip("%")) * len(hosts) // 100 if isinstance(size, str) else size
        count = max(1, share)
        cut.append(rest[:count])
        rest = rest[count:]
        position += 1
    return tuple(cut)


def around_once(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], ...]:
    """Part steps: what all hosts do before anything is done once, that, and what follows."""
    first = next((n for n, step in enumerate(steps) if step.scope is Scope.ONCE), 0)
    once = tuple(step for step in steps if step.scope is Scope.ONCE)
    after = tuple(step for step in steps[first:] if step.scope is Scope.EACH)
    return steps[:first], once, after
