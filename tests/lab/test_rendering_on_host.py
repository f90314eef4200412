"""Rendered files read by the programs that they are for: systemd, nginx and sudo on a real host."""

import json
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployer.core.release import Layout
from deployer.core.rendered import RenderedFile
from deployer.rendering import escape
from deployer.rendering.files import release_env, render_app, render_base
from deployer.rendering.values import AppValues, BaseValues, GunicornValues, SiteValues
from tests.any_text import environments, lines
from tests.golden.rendering_cases import PLAIN, TLS, WITHOUT_SITE

on_a_host = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

RELEASE = "000042-1a2b3c4"
ONESHOT = "# written by deployer\n[Service]\nType=oneshot\n"
PRINT_ARGUMENTS = """\
import os, sys
open("/run/said", "wb").write(b"".join(os.fsencode(word) + b"\\0" for word in sys.argv[1:]))
"""
ASK = """\
import http.client, json, sys
answers = []
for host, path in json.load(sys.stdin):
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=5)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    answers.append([answer.status, answer.read().hex()])
print(json.dumps(answers))
"""
# Stands in for gunicorn: runs the same configuration as the same process would.
FAKE_GUNICORN = """\
import json, os, runpy, socket, sys
from types import SimpleNamespace
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
conf = runpy.run_path(options["--config"])
os.umask(conf["umask"])
front = socket.socket(socket.AF_UNIX)
front.bind(options["--bind"].removeprefix("unix:"))
front.listen()
conf["post_worker_init"](SimpleNamespace(wsgi=None))
said = {"cwd": os.getcwd(), "app": conf["wsgi_app"], "release": conf["_release"]}
try:
    open("written", "w")
except OSError as error:
    said["write"] = error.strerror
open(f"/srv/shop/shared/written", "w").close()
while True:
    front.accept()[0].sendall(json.dumps(said).encode())
"""


class Host:
    """A lab host whose files the test writes and reads directly."""

    def __init__(self, host):
        self._host = host
        self._root = Path(f"/proc/{host.leader}/root")

    def write(self, path, content):
        there = self._root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(content if isinstance(content, bytes) else content.encode())

    def put(self, *files: RenderedFile):
        for file in files:
            if file.scope == "system":
                self.write(file.path, file.content)
                (self._root / file.path.lstrip("/")).chmod(file.mode)

    def read(self, path):
        return (self._root / path.lstrip("/")).read_bytes()

    def run(self, line, *, stdin=""):
        return self._host.run(line, input=stdin, timeout=60)

    def must(self, line, *, stdin=""):
        done = self.run(line, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def ask(self, *questions):
        answers = json.loads(self.must("python3 /run/ask.py", stdin=json.dumps(questions)))
        return [(status, bytes.fromhex(body)) for status, body in answers]


@pytest.fixture(scope="module")
def host(spare_lab):
    (made,) = spare_lab.add(1, prefix="rendering")
    host = Host(made)
    host.write("/run/ask.py", ASK)
    host.write("/run/print_arguments.py", PRINT_ARGUMENTS)
    host.write("/usr/lib/deployer/agent", "#!/bin/sh\necho agent as $(id -un): $*\n")
    host.must("chmod 755 /usr/lib/deployer/agent")
    host.must("rm -f /etc/nginx/sites-enabled/default; systemctl start nginx")
    yield host
    spare_lab.remove(made)


@on_a_host
@given(environments)
def test_any_text_reaches_the_process_of_a_unit_byte_for_byte(host, environment):
    values = {f"V_{name}": value for name, value in environment.items()}
    app = AppValues("shop", Layout("shop"), GunicornValues("a:b"), env=tuple(values.items()))
    files = {file.path: file.content for file in render_app(app)}
    host.write("/run/app.env", files["app.env"])
    host.write(
        "/run/systemd/system/env.service",
        f"{ONESHOT}EnvironmentFile=/run/app.env\nExecStart=/bin/cp /proc/self/environ /run/said\n",
    )

    host.must("systemctl start env")

    said = host.read("/run/said").decode().split("\0")
    assert dict(word.split("=", 1) for word in said if word.startswith("V_")) == values


@on_a_host
@given(st.lists(lines, min_size=1, max_size=20))
def test_a_quoted_word_of_a_unit_is_read_as_the_same_text(host, words):
    settings_ = "".join(
        f"Environment={escape.systemd(f'V_{number}={word}')}\n" for number, word in enumerate(words)
    )
    arguments = " ".join(escape.systemd(word) for word in words)
    command = "/usr/bin/python3 /run/print_arguments.py"
    host.write(
        "/run/systemd/system/words.service",
        f"{ONESHOT}{settings_}ExecStart=/bin/cp /proc/self/environ /run/settings\n"
        f"ExecStart={command} {arguments}\n",
    )

    host.must("systemctl daemon-reload && systemctl start words")

    assert host.read("/run/said").decode().split("\0")[:-1] == words
    environment = host.read("/run/settings").decode().split("\0")
    assert {f"V_{number}={word}" for number, word in enumerate(words)} <= set(environment)


@on_a_host
@given(st.lists(lines.filter(lambda line: not line.startswith("~")), min_size=1, max_size=20))
def test_a_quoted_word_of_nginx_is_read_as_the_same_text(host, words):
    host.must("rm -f /etc/nginx/sites-enabled/* /etc/nginx/conf.d/*")
    locations = "".join(
        f"location = /{number} {{ return 200 {escape.nginx(word)}; }}\n"
        for number, word in enumerate(words)
    )
    host.write(
        "/etc/nginx/sites-enabled/words",
        f"server {{ listen 80; server_name words; {locations} }}\n",
    )

    host.must("nginx -t && systemctl reset-failed nginx && systemctl restart nginx")

    answers = host.ask(*(("words", f"/{number}") for number in range(len(words))))
    assert answers == [(200, word.encode()) for word in words]


LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
PREFIXES = st.from_regex(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,9}){1,3}/", fullmatch=True)


@on_a_host
@given(
    st.lists(
        st.tuples(LABELS, PREFIXES, PREFIXES), min_size=1, max_size=6, unique_by=lambda s: s[0]
    )
)
def test_sites_serve_files_under_every_name_and_prefix_that_an_inventory_takes(host, sites):
    host.must("rm -rf /etc/nginx/sites-*/* /etc/nginx/conf.d/* /srv/app-*")
    host.put(*render_base(BaseValues("deploy"), nginx=True, catchall=True))
    questions, wanted = [], []
    for number, (name, static, media) in enumerate(sites):
        app = f"app-{number}"
        site = SiteValues((f"{name}.test",), static_url=static, media_url=media)
        host.put(*render_app(AppValues(app, Layout(app), GunicornValues("a:b"), site=site)))
        host.write(f"/srv/{app}/run/live/static/a b.txt", f"{app} static")
        host.write(f"/srv/{app}/run/previous/static/old.txt", f"{app} previous")
        host.write(f"/srv/{app}/shared/media/c.txt", f"{app} media")
        questions += [
            (f"{name}.test", f"{static}a%20b.txt"),
            (f"{name}.test", f"{static}old.txt"),
            (f"{name}.test", f"{media}c.txt"),
        ]
        wanted += [(200, f"{app} {what}".encode()) for what in ("static", "previous", "media")]
    host.must("ln -sf /etc/nginx/sites-available/app-*.conf /etc/nginx/sites-enabled/")

    said = host.must("nginx -t && systemctl reset-failed nginx && systemctl restart nginx")

    assert "[warn]" not in said
    assert host.ask(*questions) == wanted


def test_the_units_of_every_kind_of_app_pass_and_are_hardened(host):
    host.put(*render_base(BaseValues("deploy"), nginx=False, catchall=False))
    for app in (PLAIN, TLS, WITHOUT_SITE):
        host.put(*render_app(app))

    said = [
        host.must(f"systemd-analyze verify /etc/systemd/system/{unit}")
        for unit in ("shop@.service", "my-shop@.service", "deployer-recover@.service")
    ]
    host.must("systemctl daemon-reload")
    exposure = host.must("systemd-analyze security shop@blue.service --threshold=20 --no-pager")

    assert said == ["", "", ""]
    assert "OK" in exposure


def test_the_unit_runs_the_release_of_its_colour_as_the_app(host):
    folder = f"/srv/shop/releases/{RELEASE}"
    host.must("useradd --system --home-dir /srv/shop --shell /usr/sbin/nologin shop")
    host.must(f"mkdir -p {folder}/config /srv/shop/shared /srv/shop/run")
    host.must(f"python3 -m venv --without-pip {folder}/venv && chown shop: /srv/shop/shared")
    host.must(f"ln -sfn {folder} /srv/shop/run/blue")
    host.write(f"{folder}/venv/lib/python3.11/site-packages/gunicorn/__main__.py", FAKE_GUNICORN)
    host.write(f"{folder}/config/release.env", release_env(Layout("shop"), RELEASE))
    for file in render_app(PLAIN):
        if file.scope == "release":
            host.write(f"{folder}/config/{file.path}", file.content)
    host.put(*render_app(PLAIN))

    host.must("systemctl daemon-reload; systemctl start shop@blue || journalctl -u shop@blue")
    pid = host.must("systemctl show -P MainPID shop@blue").strip()

    assert host.must("systemctl is-active shop@blue") == "active\n"
    assert host.must(f"readlink /proc/{pid}/cwd").strip() == folder
    assert host.must("stat -c '%a %U %G' /run/shop-blue /run/shop-blue/app.sock") == (
        "750 shop shop\n770 shop shop\n"
    )
    assert asked(host, "/run/shop-blue/app.sock") == {
        "cwd": folder,
        "app": "shop.wsgi:application",
        "release": RELEASE,
        "write": "Read-only file system",
    }
    assert host.must("stat -c '%U' /srv/shop/shared/written") == "shop\n"


def asked(host, path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(host._root / path.lstrip("/")))
        connection.settimeout(5)
        return json.loads(connection.recv(4096))


def test_the_user_that_deploys_may_start_the_agent_and_nothing_else_as_root(host):
    host.must("useradd --create-home deploy")
    host.put(*render_base(BaseValues("deploy"), nginx=False, catchall=False))

    as_deploy = "runuser -u deploy -- sudo -n"
    allowed = host.run(f"{as_deploy} /usr/lib/deployer/agent serve")
    refused = [
        host.run(f"{as_deploy} {command}").returncode
        for command in (
            "/usr/lib/deployer/agent",
            "/usr/lib/deployer/agent recover shop",
            "/usr/lib/deployer/agent serve more",
            "-u nobody /usr/lib/deployer/agent serve",
            "/bin/sh",
            "-i",
        )
    ]

    assert "parsed OK" in host.must("visudo -cf /etc/sudoers.d/deployer-deploy")
    assert allowed.stdout == "agent as root: serve\n"
    assert refused == [1] * 6


def test_the_deploy_log_is_rotated_without_complaint(host):
    host.put(*render_base(BaseValues("deploy"), nginx=False, catchall=False))
    host.write("/var/log/deploy.log", "a line\n")

    said = host.must("logrotate --debug --force /etc/logrotate.d/deployer")

    assert "error" not in said
    assert "rotating pattern: /var/log/deploy.log" in said
