"""The agent's actions on a real host: systemd, nginx, users, and a small app that misbehaves."""

import base64
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab

AGENT = Path(__file__).parents[2] / "deployer/agent"
GOOD = "000001-aaaaaaa"
NEXT = "000002-bbbbbbb"

DRIVER = """
import json, sys
sys.path.insert(0, "/tmp/agent")
from deployer.agent import actions
from deployer.agent.context import ActionFailed, Context
order = json.load(sys.stdin)
lines = []
ctx = Context("shop", order["run"], emit=lambda event: lines.append(event.get("line", "")))
done = []
for action in order["actions"]:
    try:
        changed = actions.find(action["action"])(ctx, action)
        done.append({"changed": changed})
    except ActionFailed as error:
        done.append({"cause": error.cause, "hint": error.hint, "log": list(error.log)})
        break
print(json.dumps({"done": done, "lines": lines}))
"""

APP = """
import http.server, os, socket, socketserver, sys, threading, time
mode = open("mode").read().strip()
if mode == "import-error":
    import there_is_no_such_module
if mode == "hang":
    time.sleep(600)
class App(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if mode == "redirect":
            self.send_response(301); self.send_header("Location", "https://shop.test/")
        elif mode == "error" or (mode == "error-later" and time.time() - began > 1):
            self.send_response(500)
        else:
            self.send_response(200)
        if self.headers.get("X-Deployer-Probe"):
            other = mode == "other"
            self.send_header("X-Release", "000099-ccccccc" if other else os.environ["RELEASE_ID"])
            self.send_header("X-Release-Pid", str(os.getpid()))
        self.end_headers()
        self.wfile.write(b"hello from " + os.environ["RELEASE_ID"].encode())
    def log_message(self, *_): pass
    def address_string(self): return "-"
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
began = time.time()
os.umask(0o007)
server = Server(sys.argv[1], App)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.connect(os.environ["NOTIFY_SOCKET"]); notify.send(b"READY=1")
def crash():
    time.sleep(1); print("RuntimeError: out of cheese", file=sys.stderr, flush=True); os._exit(3)
if mode == "crash-later":
    threading.Thread(target=crash).start()
server.serve_forever()
"""

UNIT = """
[Unit]
Description=shop (%i)
StartLimitIntervalSec=120
StartLimitBurst=5
[Service]
Type=notify
NotifyAccess=all
User=shop
Group=shop
EnvironmentFile=/srv/shop/run/%i/config/release.env
RuntimeDirectory=shop-%i
RuntimeDirectoryMode=0750
ExecStart=/usr/bin/env --chdir=${RELEASE_DIR} /usr/bin/python3 app.py /run/shop-%i/app.sock
Restart=on-failure
RestartSec=1
[Install]
WantedBy=multi-user.target
"""

SITE = """
upstream shop { server unix:/srv/shop/run/live.sock fail_timeout=0; }
server { listen 80; server_name shop.test; location / { proxy_pass http://shop; } }
"""


POSTGRES = """
su postgres -c "createuser shop; createdb --owner=shop shop"
su postgres -c "psql -qc \\"alter user shop password 'p@ss w'\\""
su postgres -c "psql -qd shop -c 'create table a as select generate_series(1, 1000) as x'"
su postgres -c "psql -qd shop -c 'alter table a owner to shop'"
"""


class Host:
    """A lab host with the agent's code on it."""

    def __init__(self, host: LabHost) -> None:
        self._host = host
        self._runs = 0

    def shell(self, line: str, content: str = "") -> str:
        """Run a line that must work."""
        completed = self._host.run(line, input=content)
        assert completed.returncode == 0, completed.stderr
        return completed.stdout.strip()

    def write(self, path: str, content: str) -> None:
        """Write a file and its folder."""
        self.shell(f"mkdir -p $(dirname '{path}') && cat > '{path}'", content)

    def new_run(self) -> None:
        """Let later actions belong to another run."""
        self._runs += 1

    def do(self, *actions: Mapping[str, object]) -> list[dict[str, object]]:
        """Carry actions out up to the first that fails."""
        order = json.dumps({"run": f"run{self._runs}", "actions": actions})
        done = json.loads(self.shell("python3 -I -S /tmp/agent/driver.py", order))["done"]
        return list(done)

    def release(self, release: str, mode: str) -> str:
        """Make a release by hand."""
        folder = f"/srv/shop/releases/{release}"
        self.write(f"{folder}/app.py", APP)
        self.write(f"{folder}/mode", mode)
        env = f'RELEASE_ID="{release}"\nRELEASE_DIR="{folder}"\n'
        self.write(f"{folder}/config/release.env", env)
        return folder


def with_agent(booted: LabHost) -> Host:
    """Bring the agent's code to a host that has just booted."""
    made = Host(booted)
    made.shell("mkdir -p /tmp/agent/deployer")
    made.shell("base64 -d | tar -xz -C /tmp/agent/deployer", _packed(AGENT))
    made.write("/tmp/agent/deployer/__init__.py", "")
    made.write("/tmp/agent/driver.py", DRIVER)
    return made


@pytest.fixture(scope="module")
def host(spare_lab: Lab) -> Iterator[Host]:
    (booted,) = spare_lab.add(1)
    made = with_agent(booted)
    made.shell("useradd --system --user-group --home-dir /srv/shop shop; mkdir -p /srv/shop/run")
    made.shell("usermod -aG shop www-data")
    made.write("/srv/shop/releases/unit", UNIT)
    made.shell("cp /srv/shop/releases/unit /etc/systemd/system/shop@.service")
    made.shell("systemctl daemon-reload; systemctl restart nginx")
    yield made
    spare_lab.remove(booted)


def _packed(folder: Path) -> str:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for path in sorted(folder.rglob("*.py")):
            archive.add(path, arcname=f"agent/{path.relative_to(folder)}")
    return base64.b64encode(raw.getvalue()).decode()


def unit(colour: str) -> str:
    return f"shop@{colour}.service"


def start(colour: str, release: str, timeout: float = 10.0) -> tuple[Mapping[str, object], ...]:
    folder = f"/srv/shop/releases/{release}"
    return (
        {"action": "StopUnit", "unit": unit(colour), "kill": True},
        {"action": "Link", "path": f"/srv/shop/run/{colour}", "target": folder},
        {"action": "StartUnit", "unit": unit(colour), "timeout": timeout},
    )


def check(
    colour: str, release: str, *, front: str = "", settle: float = 2.0, timeout: float = 4.0
) -> dict[str, object]:
    socket = "" if front else f"/run/shop-{colour}/app.sock"
    probe = {"kind": "Probe", "path": "/", "host": "shop.test", "expect_status": [200]}
    return {
        "action": "CheckHealth",
        "unit": unit(colour),
        "release": release,
        "release_folder": f"/srv/shop/releases/{release}",
        "probes": [{**probe, "socket": socket, "front": front}],
        "interval": 0.5,
        "timeout": timeout,
        "settle": settle,
    }


def cause(done: Sequence[dict[str, object]]) -> str:
    return str(done[-1].get("cause", ""))


@pytest.fixture(scope="module")
def serving(host: Host) -> Host:
    """The host with a good release live on blue, behind nginx."""
    host.release(GOOD, "good")
    site = "/srv/shop/releases/site"
    host.write(site, SITE)
    live = {
        "action": "Link",
        "path": "/srv/shop/run/live.sock",
        "target": "/run/shop-blue/app.sock",
    }
    done = host.do(
        *start("blue", GOOD),
        check("blue", GOOD),
        live,
        {"action": "Install", "source": site, "path": "/etc/nginx/sites-enabled/shop"},
        {"action": "ReloadWebServer", "timeout": 10},
        check("blue", GOOD, front="http://127.0.0.1:80", settle=0.0),
        {"action": "SwapEnabled", "enable": unit("blue"), "disable": unit("green")},
    )
    assert all("changed" in one for one in done), done
    return host


def test_a_good_release_starts_is_healthy_and_serves_through_nginx(serving: Host) -> None:
    answer = serving.shell("curl -s -H 'Host: shop.test' http://127.0.0.1/")
    enabled = serving.shell("systemctl is-enabled shop@blue.service")

    assert answer == f"hello from {GOOD}"
    assert enabled == "enabled"


def test_starting_what_runs_already_changes_nothing(serving: Host) -> None:
    before = serving.shell(f"systemctl show -p MainPID {unit('blue')}")

    done = serving.do({"action": "StartUnit", "unit": unit("blue"), "timeout": 5})

    assert done == [{"changed": False}]
    assert serving.shell(f"systemctl show -p MainPID {unit('blue')}") == before


def test_starts_that_somebody_asked_for_are_no_crash_loop(serving: Host) -> None:
    serving.release(NEXT, "good")
    # What starts at boot stays loaded, and its starts are counted.
    enable = {"action": "SwapEnabled", "enable": unit("green")}
    serving.do(enable, {"action": "ReloadUnits", "app": "shop"})
    stop = {"action": "StopUnit", "unit": unit("green")}

    done = [serving.do(*start("green", NEXT), stop)[-1] for _ in range(7)]

    assert done == [{"changed": True}] * 7


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("import-error", "crashed at start: ModuleNotFoundError: No module named 'there_is_no"),
        ("hang", "never became ready in 2 s"),
    ],
)
def test_a_release_that_does_not_start_is_killed_and_named(
    serving: Host, mode: str, said: str
) -> None:
    serving.release(NEXT, mode)

    done = serving.do(*start("green", NEXT, timeout=2.0 if mode == "hang" else 10.0))

    assert said in cause(done)
    assert serving.shell("systemctl show -p ActiveState --value shop@green") == "inactive"


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("redirect", "answered 301 to https://shop.test/: the app redirects to HTTPS"),
        ("error", "answered 500"),
        ("error-later", "it was healthy first, then `/` answered 500"),
        ("crash-later", "the new release"),
        ("other", "answered by release `000099-ccccccc`"),
    ],
)
def test_a_release_that_starts_and_is_not_healthy_is_named(
    serving: Host, mode: str, said: str
) -> None:
    serving.release(NEXT, mode)

    done = serving.do(*start("green", NEXT), check("green", NEXT, settle=3.0, timeout=2.0))

    assert said in cause(done)
    assert done[-1]["hint"] or mode == "error"


def test_health_answered_by_another_unit_is_not_believed(serving: Host) -> None:
    serving.release(NEXT, "good")

    done = serving.do(*start("green", NEXT), {**check("blue", NEXT), "unit": unit("green")})

    assert f"by release `{GOOD}`, not `{NEXT}`" in cause(done)


def test_a_warm_unit_stops_later_unless_it_is_wanted_again(serving: Host) -> None:
    serving.release(NEXT, "good")
    later = {"action": "StopUnit", "unit": unit("green"), "after": 2}
    timer = "systemctl list-timers --all --no-legend 'deployer-shop-cool-*' | wc -l"

    serving.do(*start("green", NEXT), later)
    set_up = serving.shell(timer)
    serving.do({"action": "StartUnit", "unit": unit("green")})
    kept = serving.shell(f"sleep 4; {timer}; systemctl is-active shop@green").split()
    serving.do(later)
    stopped = serving.shell("sleep 5; systemctl is-active shop@green || true")

    assert set_up == "1"
    assert kept == ["0", "active"]
    assert stopped == "inactive"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (UNIT.replace("RestartSec", "RestratSec"), "Unknown key"),
        (UNIT.replace("/usr/bin/env", "/usr/bin/nothing"), "not executable"),
        (UNIT.replace("ExecStart=", "ExecStarts="), "ExecStart"),
    ],
)
def test_a_broken_unit_is_refused_before_it_is_live(host: Host, broken: str, said: str) -> None:
    source = "/srv/shop/releases/candidates/shop@.service"
    host.write(source, UNIT)
    good = host.do({"action": "TestUnits", "sources": [source]})
    host.write(source, broken)

    bad = host.do({"action": "TestUnits", "sources": [source]})

    assert good == [{"changed": False}]
    assert said in cause(bad)


def test_sites_are_tested_on_a_shadow_and_the_live_tree_stays(serving: Host) -> None:
    source = "/srv/shop/releases/candidate"
    live = "/etc/nginx/sites-enabled/shop"
    test = {"action": "TestSites", "candidates": [[source, live]]}
    before = serving.shell("find /etc/nginx -type f | sort | xargs sha256sum")

    serving.write(source, SITE.replace("listen 80", "listen 8080"))
    good = serving.do(test)
    serving.write(source, SITE.replace("proxy_pass", "proxy_pas"))
    bad = serving.do(test)

    assert good == [{"changed": False}]
    assert 'unknown directive "proxy_pas"' in cause(bad)
    assert live in cause(bad)
    assert serving.shell("find /etc/nginx -type f | sort | xargs sha256sum") == before


def test_a_foreign_broken_site_is_blamed_and_reload_leaves_nginx_alone(serving: Host) -> None:
    source = "/srv/shop/releases/candidate"
    serving.write(source, SITE)
    serving.write("/etc/nginx/sites-enabled/other", "server {\nlisten 81;\nbad_word 1;\n}\n")
    test = {"action": "TestSites", "candidates": [[source, "/etc/nginx/sites-enabled/shop"]]}

    tested = serving.do(test)
    reloaded = serving.do({"action": "ReloadWebServer"})
    answer = serving.shell("curl -s -H 'Host: shop.test' http://127.0.0.1/")
    serving.shell("rm /etc/nginx/sites-enabled/other")

    said = "already broken by `/etc/nginx/sites-enabled/other` (line 3)"
    assert said in cause(tested)
    assert said in cause(reloaded)
    assert answer.startswith("hello")


def test_a_name_that_another_site_has_is_refused(serving: Host) -> None:
    source = "/srv/shop/releases/candidate"
    serving.write(source, SITE)
    serving.write("/etc/nginx/sites-enabled/a", "server { listen 80; server_name shop.test; }\n")
    test = {"action": "TestSites", "candidates": [[source, "/etc/nginx/sites-enabled/shop"]]}

    done = serving.do(test)
    serving.shell("rm /etc/nginx/sites-enabled/a")

    assert cause(done) == "another site already answers to `shop.test`"


def test_reload_waits_for_new_workers(serving: Host) -> None:
    workers = "pgrep -f 'nginx: worker process$' | sort | tr '\\n' ' '"
    before = serving.shell(workers)

    done = serving.do({"action": "ReloadWebServer"})

    assert done == [{"changed": True}]
    assert serving.shell(workers) != before


def test_units_are_read_again(serving: Host) -> None:
    serving.shell("echo '# more' >> /etc/systemd/system/shop@.service")

    assert serving.do({"action": "ReloadUnits", "app": "shop"}) == [{"changed": True}]
    assert serving.shell("systemctl show -p NeedDaemonReload --value shop@blue") == "no"


def test_a_tree_is_exported_as_the_apps_user_and_sealed(host: Host) -> None:
    revision = host.shell(
        "rm -rf /tmp/w; mkdir /tmp/w; cd /tmp/w; git init -q; echo 'x = 1' > a.py; git add .;"
        "git -c user.name=a -c user.email=a@b commit -qm one; rm -rf /srv/shop/repo.git;"
        "git clone -q --bare /tmp/w /srv/shop/repo.git; chown -R shop: /srv/shop/repo.git;"
        "git rev-parse HEAD"
    )
    folder = "/srv/shop/releases/000003-ccccccc"
    export = {
        "action": "Export",
        "repository": "/srv/shop/repo.git",
        "revision": revision,
        "to": folder,
        "user": "shop",
        "interpreter": "python3",
    }
    seal = {"action": "Seal", "path": folder, "marker": ".sealed", "group": "shop"}

    exported = host.do(export)
    owner = host.shell(f"stat -c '%U:%G %a' {folder} {folder}/a.py")
    sealed = host.do(seal)
    again = host.do(seal)

    assert (exported, sealed, again) == (
        [{"changed": True}],
        [{"changed": True}],
        [{"changed": False}],
    )
    assert owner == "root:shop 751\nroot:shop 640"
    assert host.shell(f"stat -c '%U:%G %a' {folder}/a.py") == "root:shop 640"
    assert (
        host.shell(f"setpriv --reuid=shop --regid=shop --clear-groups cat {folder}/a.py") == "x = 1"
    )
    assert "a.cpython-311.pyc" in host.shell(f"ls {folder}/__pycache__")


PLANT = """
rm -rf /tmp/w /srv/shop/repo.git /root/loot; mkdir /tmp/w /root/loot; cd /tmp/w; git init -q
echo 'x = 1' > a.py; ln -s /root/loot __pycache__; ln -s /root/secret.py secret.py
printf 'KEY = "root only"' > /root/secret.py
git add .; git -c user.name=a -c user.email=a@b commit -qm one
git clone -q --bare /tmp/w /srv/shop/repo.git; chown -R shop: /srv/shop/repo.git
git rev-parse HEAD
"""


def test_root_compiles_nothing_where_the_links_of_a_commit_lead(host: Host) -> None:
    folder = "/srv/shop/releases/000004-ddddddd"
    export = {
        "action": "Export",
        "repository": "/srv/shop/repo.git",
        "revision": host.shell(PLANT),
        "to": folder,
        "user": "shop",
        "interpreter": "python3",
    }
    seal = {"action": "Seal", "path": folder, "marker": ".sealed", "group": "shop"}

    exported = host.do(export)
    before = host.shell(f"find {folder} | sort")
    for line in ("mv a.py gone", "touch x", "mkdir config", "rm a.py", "chmod 777 ."):
        as_app = "setpriv --reuid=shop --regid=shop --clear-groups"
        host.shell(f"cd {folder} && ! {as_app} {line}")
    after = host.shell(f"find {folder} | sort")
    sealed = host.do(seal)

    assert (exported, sealed) == ([{"changed": True}], [{"changed": True}])
    assert before == after
    assert host.shell("ls -A /root/loot") == ""
    assert host.shell(f"grep -rl 'root only' {folder} || true") == ""


def test_an_interpreter_that_the_app_could_write_is_not_asked_as_root(host: Host) -> None:
    host.write("/srv/shop/shared/python3", "#!/bin/sh\nid -un >> /tmp/asked; echo '{}'\n")
    host.shell("chown -R shop: /srv/shop/shared; chmod 755 /srv/shop/shared/python3")
    host.shell("rm -f /tmp/asked; touch /tmp/asked; chmod 666 /tmp/asked")
    ask = (
        "import sys; sys.path.insert(0, '/tmp/agent')\n"
        "from deployer.agent.context import Context\n"
        "from deployer.agent.facts.software import python\n"
        "python(Context('shop', ''), {'python': '/srv/shop/shared/python3'})\n"
    )

    host.shell("python3 -I -S -", ask)

    assert host.shell("cat /tmp/asked") == "shop"


def test_a_dump_follows_no_link_to_a_database_of_somebody_else(host: Host) -> None:
    host.shell(
        "python3 -c \"import sqlite3; d = sqlite3.connect('/root/other.db');"
        "d.execute('CREATE TABLE a (x)')\"; mkdir -p /srv/shop/shared; cd /srv/shop/shared;"
        "ln -sfn /root/other.db link.sqlite3; chown -Rh shop: ."
    )
    dump = {"kind": "DumpSqlite", "path": "/srv/shop/shared/link.sqlite3"}
    wish = {"action": "Backup", "folder": "/opt/backups", "app": "shop", "dumps": [dump]}

    (done,) = host.do(wish)
    host.shell("rm /srv/shop/shared/link.sqlite3")

    assert "unable to open database file" in str(done.get("cause")), done


def test_a_dump_of_sqlite_leaves_no_file_of_root_beside_it(host: Host) -> None:
    host.shell(
        "mkdir -p /srv/shop/shared; chown shop: /srv/shop/shared; cd /srv/shop/shared;"
        'setpriv --reuid=shop --regid=shop --clear-groups python3 -c "import sqlite3;'
        "d = sqlite3.connect('db.sqlite3'); d.execute('PRAGMA journal_mode=wal');"
        "d.execute('CREATE TABLE a (x)'); d.execute('INSERT INTO a VALUES (1)'); d.commit()\""
    )
    wish = {
        "action": "Backup",
        "folder": "/opt/backups",
        "app": "shop",
        "release": GOOD,
        "release_folder": "/srv/shop/releases/000003-ccccccc",
        "dumps": [{"kind": "DumpSqlite", "path": "/srv/shop/shared/db.sqlite3"}],
    }

    done = host.do(wish)

    assert done == [{"changed": True}]
    assert set(host.shell("stat -c %U /srv/shop/shared/*").split()) == {"shop"}
    assert (
        host.shell("cd /opt/backups/shop_*-1 && sha256sum -c --quiet SHA256SUMS && ls | wc -l")
        == "4"
    )


def test_a_dump_of_postgres_is_read_back_and_the_password_is_no_argument(spare_lab: Lab) -> None:
    (booted,) = spare_lab.add(1, postgres=True)
    host = with_agent(booted)
    host.shell("useradd --system --user-group shop")
    host.shell(POSTGRES)
    url = "postgres://shop:p%40ss%20w@127.0.0.1:5432/shop"
    host.write("/etc/shop/app.env", f'DATABASE_URL="{url}"\n')
    dump = {
        "kind": "DumpPostgres",
        "user": "shop",
        "env_files": ["/etc/shop/app.env"],
        "url_variable": "DATABASE_URL",
    }
    wish = {"action": "Backup", "folder": "/opt/backups", "app": "shop", "dumps": [dump]}

    done = host.do(wish)
    listed = host.shell("pg_restore -f - /opt/backups/shop_*-1/database.dump | grep -c '^[0-9]*$'")
    host.write("/etc/shop/app.env", f'DATABASE_URL="{url.replace("p%40ss", "wrong")}"\n')
    refused = host.do(wish)

    assert done == [{"changed": True}]
    assert int(listed) >= 1000
    assert "PostgreSQL could not be asked" in cause(refused)
    assert "wrong" not in json.dumps(refused)
    assert host.shell("ls /opt/backups | wc -l") == "1"
    spare_lab.remove(booted)
