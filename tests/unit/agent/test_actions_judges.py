import http.server
import socketserver
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.agent.health.crash_reason import crash_reason, since_started, telling
from deployer.agent.health.health_judge import HEALTHY, WAITING, Patience, Sample, Trouble, judge
from deployer.agent.health.probe_judge import Expectation, judge_answer
from deployer.agent.health.request import Answer, Question, fetch
from deployer.agent.system.nginx_words import Problem, conflicts, first_error, gave_up, server_names

PATIENCE = Patience(timeout=10, settle=3)
OURS = frozenset({10, 11})
WANTED = Expectation("/healthz", (200,), "000002-bbbbbbb", processes=OURS)
PROOF = {"x-release": "000002-bbbbbbb", "x-release-pid": "11"}
FLAKY = Trouble("status", "`/` answered 500", "read the log")


def good(at, processes=OURS):
    return Sample(at, processes=processes)


def test_a_good_round_is_healthy_only_after_the_settle_time():
    early = judge([good(0), good(1)], PATIENCE)
    late = judge([good(0), good(1), good(3)], PATIENCE)

    assert (early, late) == (WAITING, HEALTHY)


def test_without_settle_one_good_round_is_enough():
    assert judge([good(0)], Patience(10, 0)) == HEALTHY


def test_processes_that_come_and_go_start_the_settle_time_anew():
    changed = judge([good(0), good(2), good(3, frozenset({10, 12}))], PATIENCE)

    assert changed == WAITING


def test_with_users_processes_may_be_renewed():
    samples = [good(at, frozenset({10, 100 + at})) for at in range(5)]

    assert judge(samples, Patience(10, 3, steady=False)) == HEALTHY


def test_with_users_trouble_may_not_last():
    gone = Trouble("connect", "nobody answers", "")
    lasting = [good(0), *(Sample(at, trouble=gone) for at in (1, 3, 6))]
    early = [Sample(at, trouble=gone) for at in (0, 3, 5)]

    for samples in (lasting, early):
        assert judge(samples[:-1], Patience(60, 600, steady=False)) == WAITING
        assert judge(samples, Patience(60, 600, steady=False)).state == "failed"
        assert judge(samples, Patience(60, 600)) == WAITING


def test_processes_that_never_rest_are_named():
    samples = [good(at, frozenset({10, 100 + at})) for at in range(15)]

    assert "coming and going" in judge(samples, PATIENCE).cause


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        (Sample(2, restarts=1), "crash loop"),
        (Sample(2, "activating", "auto-restart"), "crash loop"),
        (Sample(2, "failed", "failed"), "crashed after 2.0 s"),
        (Sample(2, "inactive", "dead"), "crashed after 2.0 s"),
    ],
)
def test_a_dead_release_fails_at_once(sample, said):
    verdict = judge([good(0), sample], PATIENCE)

    assert verdict.state == "failed"
    assert said in verdict.cause


def test_trouble_waits_until_the_timeout_and_then_says_the_cause_and_hint():
    early = judge([Sample(0, trouble=FLAKY)], PATIENCE)
    late = judge([Sample(0, trouble=FLAKY), Sample(10, trouble=FLAKY)], PATIENCE)

    assert early == WAITING
    assert late.cause == "`/` answered 500 (for 10 s)"
    assert late.hint == "read the log"


def test_a_release_that_was_healthy_and_turns_bad_fails_at_once():
    verdict = judge([good(0), Sample(1, trouble=FLAKY)], PATIENCE)

    assert verdict.cause == "it was healthy first, then `/` answered 500"


kinds = st.builds(
    Sample,
    at=st.just(0.0),
    active=st.sampled_from(["active", "activating", "failed", "inactive"]),
    restarts=st.integers(0, 2),
    processes=st.sampled_from([frozenset({1}), frozenset({1, 2})]),
    trouble=st.sampled_from([None, None, FLAKY, Trouble("release", "other")]),
)


@given(st.lists(kinds, min_size=1, max_size=12), st.floats(0, 5))
def test_never_healthy_while_the_last_round_is_bad(kinds_seen, settle):
    samples = [
        Sample(float(at), one.active, one.sub, one.restarts, one.processes, one.trouble)
        for at, one in enumerate(kinds_seen)
    ]

    verdict = judge(samples, Patience(10, settle))

    last = samples[-1]
    if verdict == HEALTHY:
        assert last.trouble is None
        assert (last.active, last.restarts) == ("active", 0)


def test_the_proven_answer_is_good():
    assert judge_answer(Answer(200, PROOF), WANTED) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(301, {**PROOF, "location": "https://shop/"}), "redirects to HTTPS"),
        (Answer(302, {**PROOF, "location": "/login"}), "302 to `/login`"),
        (Answer(400, PROOF), "refuses the host name"),
        (Answer(404, PROOF), "no such page"),
        (Answer(500, PROOF, b"<h1>No such table: x</h1>"), "answered 500: No such table: x"),
        (Answer(204, PROOF), "answered 204, not 200"),
        (Answer(200, {"x-release": "000001-aaaaaaa"}), "`000001-aaaaaaa`, not `000002-bbbbbbb`"),
        (Answer(500, {"x-release": "000001-aaaaaaa"}), "`000001-aaaaaaa`, not `000002-bbbbbbb`"),
        (Answer(200, {}), "does not say which release"),
        (Answer(200, {**PROOF, "x-release-pid": "99"}), "process 99, which is not of this unit"),
        (Answer(200, {"x-release": "000002-bbbbbbb"}), "does not say which process"),
        (Answer(problem="refused"), "refuses connections"),
        (Answer(problem="timeout", detail="no answer in 5 s"), "no answer in 5 s"),
    ],
)
def test_each_bad_answer_has_a_named_cause(answer, said):
    trouble = judge_answer(answer, WANTED)

    assert trouble is not None
    assert said in trouble.cause


def test_a_gateway_error_through_the_front_blames_the_connection():
    through = Expectation("/", (200,), "x", direct=False)

    trouble = judge_answer(Answer(502), through)

    assert trouble is not None
    assert "does not reach the app" in trouble.cause


class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            threading.Event().wait(1)
        big = b"x" * 200_000 if self.path == "/big" else b"ok"
        self.send_response(200)
        self.send_header("X-Release", "r")
        self.send_header("X-Asked", self.headers.get("X-Deployer-Probe", ""))
        self.end_headers()
        self.wfile.write(big)

    def log_message(self, *_):
        pass

    def address_string(self):
        return "socket"


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


@pytest.fixture
def served(tmp_path):
    path = str(tmp_path / "app.sock")
    with UnixServer(path, Slow) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield path
        server.shutdown()


def test_a_request_on_a_unix_socket_carries_its_headers(served):
    answer = fetch(Question("/", "shop", served, headers=(("X-Deployer-Probe", "1"),)), 3)

    assert (answer.status, answer.headers["x-release"], answer.body) == (200, "r", b"ok")
    assert answer.headers["x-asked"] == "1"


def test_a_large_body_is_read_only_in_part(served):
    assert len(fetch(Question("/big", "shop", served), 3).body) == 64 * 1024


def test_a_slow_answer_is_a_timeout_and_a_missing_socket_is_refused(served):
    slow = fetch(Question("/slow", "shop", served), 0.1)
    missing = fetch(Question("/", "shop", served + "x"), 1)

    assert (slow.problem, missing.problem) == ("timeout", "refused")


def test_the_last_exception_of_a_log_is_the_reason():
    log = (
        "[ERROR] Exception in worker process",
        "Traceback (most recent call last):",
        '  File "x.py", line 1, in <module>',
        "    import nothing",
        "ModuleNotFoundError: No module named 'nothing'",
        "[INFO] Worker exiting (pid: 7)",
    )

    assert crash_reason(log) == "ModuleNotFoundError: No module named 'nothing'"
    assert crash_reason(log[:1]) == ""


def test_words_of_nginx_are_read():
    lines = (
        'nginx: [warn] conflicting server name "shop.test" on 0.0.0.0:80, ignored',
        'nginx: [emerg] unknown directive "bad" in /etc/nginx/sites-enabled/other:3',
        "nginx: configuration file /etc/nginx/nginx.conf test failed",
    )

    found = first_error(lines)

    assert found == Problem("emerg", 'unknown directive "bad"', "/etc/nginx/sites-enabled/other", 3)
    assert conflicts(lines, frozenset({"shop.test"})) == ("shop.test",)
    assert conflicts(lines, frozenset({"else.test"})) == ()
    assert server_names("server { listen 1; server_name a.b  c.d; }") == {"a.b", "c.d"}
    assert server_names("server {\n# server_name x;\nserver_name y;\n}") == {"y"}


def test_of_a_log_with_tracebacks_the_last_whole_one_is_shown():
    crash = ["Traceback (most recent call last):", '  File "a.py", line 1', "KeyError: 'x'"]
    log = ["Starting", *crash, "[INFO] again", *crash, *crash[:2]]

    assert telling(log) == tuple(crash)


def test_a_long_traceback_keeps_its_end():
    crash = ["Traceback (most recent call last):", *["  more"] * 50, "KeyError: 'x'"]

    told = telling(crash)

    assert (len(told), told[1], told[-1]) == (30, "  …", "KeyError: 'x'")


def test_of_a_log_without_one_the_end_is_shown():
    assert telling([str(number) for number in range(40)])[0] == "10"


def test_a_reload_has_failed_only_when_nginx_tries_no_more():
    notice = "2026/11/21 15:35:31 [notice] 41#41: signal process started"
    tried = "2026/11/21 15:35:33 [emerg] 41#41: bind() to 0.0.0.0:22 failed (98: Address in use)"
    last = "2026/11/21 15:35:35 [emerg] 41#41: still could not bind()"
    other = '2026/11/21 15:35:33 [emerg] 41#41: open() "/x" failed (13: Permission denied)'

    assert not gave_up([])
    assert not gave_up([notice, tried, tried])
    assert gave_up([notice, tried, tried, last])
    assert gave_up([other])


@pytest.mark.parametrize(
    ("log", "left"),
    [
        (("Starting shop@blue.service", "Booting", "Started shop@blue.service", "x"), ("x",)),
        (("Starting shop@blue.service", "ImportError: y"), None),
        ((), ()),
    ],
)
def test_what_every_start_logs_is_left_out(log, left):
    assert since_started(log) == (log if left is None else left)


def test_a_syntax_error_is_a_reason_without_a_traceback():
    log = ('  File "/srv/shop/a.py", line 3', "    def oops(:", "SyntaxError: invalid syntax")

    assert crash_reason(log) == "SyntaxError: invalid syntax"
