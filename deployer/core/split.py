"""A run that ended differently on the hosts of its fleet, found in what their journals say."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployer.core.host_state import AppState


@dataclass(frozen=True, slots=True)
class Split:
    """One run: the release that it decided on, who has it, and who went back to what."""

    run: str
    release: str
    revision: str
    committed: tuple[str, ...]
    back: tuple[str, ...]
    serving: tuple[str, ...]
    """The releases of those that went back; mostly one."""

    def __str__(self) -> str:
        others = " and ".join(f"`{one}`" if one else "nothing" for one in self.serving)
        return (
            f"run `{self.run}` was committed on {', '.join(self.committed)} (`{self.release}`) "
            f"but put back on {', '.join(self.back)} ({others})"
        )


def find_split(states: Mapping[str, AppState]) -> Split | None:
    """Give the newest run that was committed on some hosts only, while releases differ."""
    decided = {
        one.run: one
        for state in states.values()
        if (one := state.decided) is not None and one.fleet and one.release == state.live
    }
    for run in sorted(decided, reverse=True):
        one = decided[run]
        back = tuple(
            host
            for host, state in states.items()
            if state.live != one.release and _went_back(state, run)
        )
        if back:
            return Split(
                run=run,
                release=one.release,
                revision=one.revision,
                committed=tuple(h for h, state in states.items() if state.live == one.release),
                back=back,
                serving=tuple(dict.fromkeys(states[host].live for host in back)),
            )
    return None


def _went_back(state: AppState, run: str) -> bool:
    # One that still waits is at work: it may yet be confirmed.
    return any(one.run == run and not (one.is_open and state.locked_by) for one in state.went_back)
