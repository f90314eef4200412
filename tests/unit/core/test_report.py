import pytest

from deployer.core.report import EXIT_CODES, HostReport, Outcome, fleet_outcome

End = Outcome


def of(*outcomes: Outcome, interrupted: bool = False) -> Outcome:
    return fleet_outcome(
        (HostReport(f"web{n}", one) for n, one in enumerate(outcomes)), interrupted=interrupted
    )


@pytest.mark.parametrize(
    ("hosts", "fleet"),
    [
        ((), End.UNCHANGED),
        ((End.COMMITTED, End.COMMITTED), End.COMMITTED),
        ((End.UNCHANGED, End.COMMITTED), End.COMMITTED),
        ((End.ROLLED_BACK, End.ABORTED), End.ROLLED_BACK),
        ((End.LOCKED, End.ABORTED), End.LOCKED),
        ((End.UNREACHABLE, End.UNCHANGED), End.UNREACHABLE),
        ((End.COMMITTED, End.ROLLED_BACK), End.MIXED),
        ((End.COMMITTED, End.ABORTED), End.MIXED),
        ((End.COMMITTED, End.LOCKED), End.MIXED),
        ((End.COMMITTED, End.UNREACHABLE), End.MIXED),
        ((End.COMMITTED, End.UNKNOWN), End.UNKNOWN),
        ((End.COMMITTED, End.ABORTED, End.UNKNOWN), End.UNKNOWN),
        ((End.COMMITTED, End.ROLLED_BACK, End.ROLLBACK_FAILED), End.ROLLBACK_FAILED),
        ((End.INTERRUPTED, End.COMMITTED), End.MIXED),
        ((End.INTERRUPTED, End.UNCHANGED), End.INTERRUPTED),
    ],
)
def test_a_fleet_ends_as_its_worst_host_or_mixed(hosts, fleet):
    assert of(*hosts) == fleet


@pytest.mark.parametrize("outcome", [End.ROLLED_BACK, End.ABORTED])
def test_an_interrupted_run_that_was_put_back_is_interrupted(outcome):
    assert of(outcome, End.ABORTED, interrupted=True) is End.INTERRUPTED


@pytest.mark.parametrize("outcome", [End.COMMITTED, End.UNKNOWN, End.ROLLBACK_FAILED, End.LOCKED])
def test_an_interrupt_hides_no_other_end(outcome):
    assert of(outcome, interrupted=True) is outcome


def test_exit_codes_are_those_of_the_design():
    assert EXIT_CODES == {
        End.COMMITTED: 0,
        End.UNCHANGED: 0,
        End.DIFFERENCES: 3,
        End.UNREACHABLE: 4,
        End.LOCKED: 5,
        End.ROLLED_BACK: 6,
        End.ROLLBACK_FAILED: 7,
        End.UNKNOWN: 7,
        End.MIXED: 8,
        End.ABORTED: 9,
        End.INTERRUPTED: 130,
    }
