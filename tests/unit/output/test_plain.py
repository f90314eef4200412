import io

import pytest

from deployer.core.event import (
    Event,
    Noticed,
    PhaseStarted,
    RunFinished,
    RunStarted,
    StepFailed,
    StepStarted,
)
from deployer.core.report import Outcome
from deployer.output.folding import GithubFolding, GitlabFolding, NoFolding, folding_for
from deployer.output.plain import Plain
from deployer.output.stream import Stream
from tests.golden.output.recordings import EVIL, FakeClock, started
from tests.golden.output.shown import github, plain, verbose


def test_a_long_step_says_every_half_minute_that_it_is_at_work():
    paper, clock = io.StringIO(), FakeClock()
    sink = Plain(Stream(paper), clock, NoFolding())
    sink(StepStarted("web1", "install"))
    for _ in range(65):
        clock.sleep(1)
        sink.tick()

    assert paper.getvalue().splitlines() == [
        "web1 | install             30.0 s  still at work",
        "web1 | install         1 min 00 s  still at work",
    ]


def test_an_idle_host_is_silent():
    paper, clock = io.StringIO(), FakeClock()
    sink = Plain(Stream(paper), clock, NoFolding())
    sink(RunStarted("r", "deploy", "prod", "shop", ("web1",)))
    clock.sleep(100)

    sink.tick()

    assert paper.getvalue() == "deploy shop on prod: web1  run r\n"


def test_local_time_is_shown_when_asked_for():
    paper, clock = io.StringIO(), FakeClock()
    sink = Plain(Stream(paper), clock, NoFolding(), times=True)

    sink(Noticed("hello"))

    assert paper.getvalue() == f"{clock.now().astimezone():%H:%M:%S} hello\n"


@pytest.mark.parametrize("host", ["web1", EVIL, "::error::x"])
@pytest.mark.parametrize("text", [EVIL, "::error::x", "  ::stop-commands::x", "a\n::set-env::b"])
def test_no_text_from_a_host_becomes_a_command_of_github(host: str, text: str):
    events: list[Event] = [
        RunStarted(text, text, text, text, (host,), text, text),
        PhaseStarted(text, (host,)),
        Noticed(text, "warning", host),
        Noticed(text),
        StepFailed(host, text, 1.0, text, text, (text,)),
        RunFinished(text, text, Outcome.ABORTED, 9, 1.0, (), text, text),
    ]

    lines = github(events).splitlines()

    ours = ("::group::", "::endgroup::", "::error title=", "::warning title=")
    commands = [line for line in lines if line.lstrip().startswith("::")]
    assert len(commands) == 5
    assert all(line.startswith(ours) for line in commands)
    assert not any("##[" in line or "\x1b" in line for line in lines)


def test_a_title_cannot_end_the_properties_of_an_annotation():
    lines = GithubFolding().annotate("error", "a::b,c", "100% wrong")

    assert lines == ("::error title=a%3A%3Ab%2Cc::100%25 wrong",)


def test_a_title_for_gitlab_cannot_open_a_section():
    (line,) = GitlabFolding(FakeClock()).open("x\r\x1b[0Ksection_end:1:deployer_1\r\x1b[0Ky")

    assert line.count("\x1b") == 2
    assert line.count("\r") == 1


def test_a_fold_that_is_open_is_closed_with_the_log():
    assert github([started(), PhaseStarted("build", ("web1",))]).endswith("::endgroup::\n")


def test_differences_are_no_error_annotation():
    end = RunFinished("r", "plan", Outcome.DIFFERENCES, 3, 1.0, (), "2 hosts differ")

    assert "::error" not in github([started(), end])


def test_the_summary_may_begin_with_the_outcome_without_saying_it_twice():
    end = RunFinished("r", "deploy", Outcome.COMMITTED, 0, 1.0, (), "committed: x is live")

    assert plain([end]) == "committed: x is live (1.0 s)\n"


def test_a_full_hash_is_shown_short():
    event = RunStarted("r", "deploy", "prod", "shop", ("web1",), "1a2b3c4" + "0" * 33)

    assert plain([event]) == "deploy shop 1a2b3c4 on prod: web1  run r\n"


def test_output_of_programs_is_shown_only_when_asked_for():
    events: list[Event] = [StepStarted("web1", "pull")]

    assert plain(events) == ""
    assert verbose(events) == "web1 | pull                        started\n"


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"GITHUB_ACTIONS": "true"}, GithubFolding),
        ({"GITLAB_CI": "true"}, GitlabFolding),
        ({"CI": "true"}, NoFolding),
    ],
)
def test_folding_is_that_of_the_service(environ: dict[str, str], kind: type):
    assert isinstance(folding_for(environ, FakeClock()), kind)
