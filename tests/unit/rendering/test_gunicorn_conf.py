import asyncio
import os
import socket
from types import SimpleNamespace

import pytest

from deployer.core.release import Layout
from deployer.rendering.files import render_app
from deployer.rendering.values import AppValues, GunicornValues

PROOF = [("X-Release", "000042-1a2b3c4"), ("X-Release-Pid", str(os.getpid()))]


@pytest.fixture
def load(monkeypatch):
    monkeypatch.setenv("RELEASE_ID", "000042-1a2b3c4")

    def load_configuration(worker_class="gthread", **settings):
        gunicorn = GunicornValues("shop.wsgi:app", worker_class=worker_class, **settings)
        files = render_app(AppValues("shop", Layout("shop"), gunicorn))
        found: dict[str, object] = {}
        exec(next(f.content for f in files if f.path == "gunicorn.conf.py"), found)
        return found

    return load_configuration


def answer(app, environ):
    started = []

    def start_response(*what):
        started.append(what)

    body = b"".join(app(environ, start_response))
    return (*started[-1], body)


def shop(_environ, start_response):
    start_response("200 OK", [("X-Release", "its own"), ("X-Shop", "1")])
    return [b"hello"]


def test_the_settings_of_the_inventory_are_those_of_gunicorn(load):
    found = load(workers=3, threads=8, timeout=31, max_requests=1000)

    settings = ("wsgi_app", "workers", "threads", "timeout", "max_requests", "max_requests_jitter")
    assert [found[name] for name in settings] == ["shop.wsgi:app", 3, 8, 31, 1000, 100]


def test_workers_without_threads_are_told_of_none_so_that_sync_stays_sync(load):
    has_threads = {kind: "threads" in load(kind) for kind in ("gthread", "sync", "gevent", "asgi")}

    assert has_threads == {"gthread": True, "sync": False, "gevent": True, "asgi": False}


def test_an_answer_to_the_deployer_names_the_release_and_the_process(load):
    worker = SimpleNamespace(wsgi=shop)

    load()["post_worker_init"](worker)
    status, headers, body = answer(worker.wsgi, {"HTTP_X_DEPLOYER_PROBE": "1"})

    assert (status, headers, body) == ("200 OK", [("X-Shop", "1"), *PROOF], b"hello")


def test_other_requests_reach_the_app_untouched(load):
    worker = SimpleNamespace(wsgi=shop)
    environ = {"PATH_INFO": "/"}

    load()["post_worker_init"](worker)
    status, headers, body = answer(worker.wsgi, environ)

    assert (status, headers) == ("200 OK", [("X-Release", "its own"), ("X-Shop", "1")])
    assert (environ, body) == ({"PATH_INFO": "/"}, b"hello")


def test_an_error_that_the_app_reports_is_handed_on(load):
    def failing(_environ, start_response):
        start_response("500 Oops", [], ("kind", "error", "traceback"))
        return []

    worker = SimpleNamespace(wsgi=failing)

    load()["post_worker_init"](worker)

    assert answer(worker.wsgi, {"HTTP_X_DEPLOYER_PROBE": "1"}) == (
        "500 Oops",
        PROOF,
        ("kind", "error", "traceback"),
        b"",
    )


async def asgi_shop(_scope, _receive, send):
    headers = [(b"X-Release", b"its own"), (b"x-shop", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


def sent(app, scope):
    messages = []

    async def send(message):
        messages.append(message)

    asyncio.run(app(scope, None, send))
    return messages


@pytest.mark.parametrize(
    ("worker_class", "attribute"), [("asgi", "asgi"), ("uvicorn_worker.UvicornWorker", "wsgi")]
)
def test_an_asgi_answer_to_the_deployer_names_release_and_process(load, worker_class, attribute):
    worker = SimpleNamespace(**{attribute: asgi_shop})

    load(worker_class)["post_worker_init"](worker)
    app = getattr(worker, attribute)
    asked = sent(app, {"type": "http", "headers": [(b"x-deployer-probe", b"1")]})
    other = sent(app, {"type": "http", "headers": [(b"accept", b"*/*")]})

    proof = [(name.lower().encode(), value.encode()) for name, value in PROOF]
    assert asked[0]["headers"] == [(b"x-shop", b"1"), *proof]
    assert other[0]["headers"] == [(b"X-Release", b"its own"), (b"x-shop", b"1")]
    assert asked[1] == other[1] == {"type": "http.response.body", "body": b"hello"}


def test_the_lifespan_of_an_asgi_app_is_left_alone(load):
    seen = []

    async def app(scope, receive, send):
        seen.append((scope, receive, send))

    worker = SimpleNamespace(asgi=app)
    load("asgi")["post_worker_init"](worker)
    scope = {"type": "lifespan"}

    asyncio.run(worker.asgi(scope, "receive", "send"))

    assert seen == [(scope, "receive", "send")]


def test_systemd_hears_of_readiness_from_a_worker_and_from_nobody_before(
    load, monkeypatch, tmp_path
):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        found = load()
        hidden = "NOTIFY_SOCKET" not in os.environ
        found["post_worker_init"](SimpleNamespace(wsgi=shop))

        assert hidden
        assert systemd.recv(100) == b"READY=1"


def test_a_deaf_systemd_does_not_stop_a_worker(load, monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    warnings = []
    log = SimpleNamespace(warning=lambda *words: warnings.append(words))

    load()["post_worker_init"](SimpleNamespace(wsgi=shop, log=log))

    assert len(warnings) == 1
