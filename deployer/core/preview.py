"""A plan as it is shown before it is carried out: the same steps, in words."""

from dataclasses import dataclass

from deployer.core.supply import Commit


@dataclass(frozen=True, slots=True)
class StepPreview:
    """One step on one host; `provisional` when it depends on what an earlier step will find."""

    step: str
    actions: tuple[str, ...] = ()
    skipped: str = ""
    passed: str = ""
    refused: str = ""
    hint: str = ""
    provisional: bool = False
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PhasePreview:
    """The steps of one phase on one host."""

    phase: str
    steps: tuple[StepPreview, ...]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that would change; `diff` is empty when its content is not to be shown."""

    path: str
    diff: str = ""


@dataclass(frozen=True, slots=True)
class HostPreview:
    """All that one host would do."""

    host: str
    live: str
    phases: tuple[PhasePreview, ...]
    files: tuple[FileChange, ...] = ()

    @property
    def refusals(self) -> tuple[StepPreview, ...]:
        """The steps that say no."""
        return tuple(one for phase in self.phases for one in phase.steps if one.refused)


@dataclass(frozen=True, slots=True)
class Preview:
    """One run before it begins; `commits` is None when they cannot be told."""

    command: str
    environment: str
    app: str
    release: str
    revision: str
    batches: tuple[tuple[str, ...], ...]
    hosts: tuple[HostPreview, ...]
    migrations: str = ""
    commits: tuple[Commit, ...] | None = None
    already_live: str = ""
    rollout: tuple[str, ...] = ()
    """How it goes about several hosts, a sentence each."""
