import io

from deployer.core.event import (
    Event,
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
from deployer.output.stream import Stream
from deployer.output.timeline import Timeline
from deployer.output.timings import Timings
from tests.golden.output.recordings import EVIL, FakeClock

HOSTS = ("web1", "web2")
RUN: tuple[tuple[float, Event], ...] = (
    (1.0, RunStarted("r1", "deploy", "prod", "shop", HOSTS)),
    (0.0, PhaseStarted("BUILD", HOSTS)),
    (0.0, StepStarted("web1", "install")),
    (0.0, StepStarted("web2", "install")),
    (2.0, StepFinished("web2", "install", 2.0, changed=False)),
    (4.0, StepFinished("web1", "install", 6.0, note="built")),
    (1.0, PhaseStarted("VERIFY", HOSTS)),
    (0.0, StepSkipped("web1", "check_front", "no web server")),
    (0.0, StepStarted("web1", "check_health")),
    (1.5, StepFailed("web1", "check_health", 1.5, "`/` answered 500", "Read it.", ("Trace",))),
    (0.0, RecoveryStarted("web1", "it failed")),
    (0.5, RecoveryFinished("web1", Outcome.ROLLED_BACK)),
    (
        0.0,
        RunFinished(
            "r1",
            "deploy",
            Outcome.ROLLED_BACK,
            6,
            10.0,
            tuple(HostReport(host, Outcome.ROLLED_BACK, "000001-aaaaaaa") for host in HOSTS),
            "000001-aaaaaaa serves again",
            "inv releases --env prod",
        ),
    ),
)


def fed(sink_of, run=RUN):
    clock = FakeClock()
    sink = sink_of(clock)
    for seconds, event in run:
        clock.sleep(seconds)
        sink(event)
    return sink


def test_each_step_is_a_bar_where_it_was():
    timeline = fed(Timeline)

    assert [(bar.host, bar.step, bar.begins, bar.seconds, bar.state) for bar in timeline.bars] == [
        ("web2", "install", 1.0, 2.0, "same"),
        ("web1", "install", 1.0, 6.0, "done"),
        ("web1", "check_front", 8.0, 0.0, "skipped"),
        ("web1", "check_health", 8.0, 1.5, "failed"),
        ("web1", "recovery", 9.5, 0.5, "recovery"),
    ]
    assert timeline.seconds == 10.0


def test_phases_leave_no_gap_in_the_time():
    spans = fed(Timeline).spans

    assert [(one.name, one.begins, one.ends) for one in spans] == [
        ("connect", 0.0, 1.0),
        ("BUILD", 1.0, 8.0),
        ("VERIFY", 8.0, 10.0),
    ]


def test_the_lines_say_what_bounded_the_run():
    paper = io.StringIO()

    fed(lambda clock: Timings(Timeline(clock), Stream(paper))).close()

    assert paper.getvalue().splitlines() == [
        "TIMINGS  10.0 s in all",
        "connect                  1.0 s   10 %  inventory, templates, connections, facts",
        "BUILD                    7.0 s   70 %  of it 1.0 s between steps",
        "  install                6.0 s   60 %  web1; 1 more: 2.0 to 2.0 s",
        "VERIFY                   2.0 s   20 %  of it 0.0 s between steps",
        "  check_health           1.5 s   15 %  web1",
        "  recovery               0.5 s    5 %  web1",
        "60 % of the time: install on web1, 6.0 s",
    ]


def test_a_phase_that_comes_for_each_batch_is_one_line_with_each_step_once():
    paper = io.StringIO()
    batches: list[tuple[float, Event]] = [(1.0, RunStarted("r1", "deploy", "prod", "shop", HOSTS))]
    for host in HOSTS:
        batches += [
            (0.0, PhaseStarted("PUBLISH", (host,))),
            (0.5, StepStarted(host, "restart")),
            (1.0, StepFinished(host, "restart", 1.0)),
            (0.0, PhaseStarted("VERIFY", (host,))),
            (0.0, StepStarted(host, "check_health")),
            (2.0, StepFinished(host, "check_health", 2.0)),
            (0.0, StepStarted("lb", "undrain")),
            (0.5, StepFinished("lb", "undrain", 0.5)),
        ]

    fed(lambda clock: Timings(Timeline(clock), Stream(paper)), run=tuple(batches)).close()

    assert paper.getvalue().splitlines() == [
        "TIMINGS  9.0 s in all",
        "connect                  1.0 s   11 %  inventory, templates, connections, facts",
        "PUBLISH                  3.0 s   33 %  of it 1.0 s between steps, 2 times",
        "  restart                1.0 s   11 %  web1; 1 more: 1.0 to 1.0 s",
        "VERIFY                   5.0 s   56 %  of it 1.0 s between steps, 2 times",
        "  check_health           2.0 s   22 %  web1; 1 more: 2.0 to 2.0 s",
        "  undrain                1.0 s   11 %  lb",
        "22 % of the time: check_health on web1, 2.0 s",
    ]


def test_a_run_that_never_began_has_timings_too():
    paper = io.StringIO()

    fed(lambda clock: Timings(Timeline(clock), Stream(paper)), run=()).close()

    assert paper.getvalue().startswith("TIMINGS  0.0 s in all\nconnect ")


def test_text_of_hosts_is_shown_as_text():
    paper = io.StringIO()
    evil = ((0.0, StepStarted(EVIL, EVIL)), (1.0, StepFinished(EVIL, EVIL, 1.0, note=EVIL)))

    fed(lambda clock: Timings(Timeline(clock), Stream(paper)), run=evil).close()

    assert "\x1b" not in paper.getvalue()
