"""A host with an app that prints all its secrets, and people who try what they should not."""

import base64
import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.apps import commit, shop
from tests.lab import canaries
from tests.lab.project import INV, Project

DATA = Path(__file__).parents[1] / "data"
APP = "tattle"
NAME = "tattle.lab.test"
AGENT = "/usr/lib/deployer/agent"
LEAKS = {
    "leak/well": {},
    "leak/import": {"shop/wsgi.py": "raise RuntimeError(dict(__import__('os').environ))\n"},
    "leak/health": {
        "shop/health.py": "import os\n\ndef healthz(_request):\n"
        "    raise RuntimeError('; '.join(f'{k}={v}' for k, v in os.environ.items()))\n"
    },
    "leak/late": {
        "shop/wsgi.py": (DATA / "dies_late.py.txt").read_text(),
    },
}
"""Revisions by name: what each changes besides printing everything."""
SPY = """
import os, pathlib, time
seen = open('/tmp/spy.txt', 'a', errors='replace', opener=lambda p, f: os.open(p, f, 0o644))
until = time.monotonic() + 240
while time.monotonic() < until and not pathlib.Path('/tmp/spy.stop').exists():
    for name in os.listdir('/proc'):
        if not name.isdecimal():
            continue
        for file in ('cmdline', 'environ', 'stack', 'maps'):
            try:
                text = open(f'/proc/{name}/{file}', errors='replace').read()
            except OSError:
                continue
            if file != 'maps':
                seen.write(text.replace(chr(0), ' ') + chr(10))
    seen.flush()
    time.sleep(0.02)
"""


JOURNAL = f"""
import json, subprocess
words = ['journalctl', '-o', 'json', '--all', '--no-pager']
for line in subprocess.run(words, capture_output=True).stdout.splitlines():
    entry = json.loads(line)
    if not str(entry.get('_SYSTEMD_UNIT', '')).startswith('{APP}@'):
        text = entry.get('MESSAGE')
        shown = bytes(text).decode(errors='replace') if isinstance(text, list) else str(text)
        print(entry.get('_SYSTEMD_UNIT'), shown, entry.get('_CMDLINE', ''))
"""


@pytest.fixture(scope="module")
def host(spare_lab: Lab) -> Iterator[LabHost]:
    (made,) = spare_lab.add(1, postgres=True)
    role = f"CREATE ROLE {APP} LOGIN PASSWORD '{canaries.PASSWORD}';"
    orders = f"{role}\nCREATE DATABASE {APP} OWNER {APP};\n"
    done = made.run("cd / && runuser -u postgres -- psql -q -v ON_ERROR_STOP=1", input=orders)
    assert done.returncode == 0, done.stderr
    yield made
    spare_lab.remove(made)


@pytest.fixture(scope="module")
def project(host: LabHost, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp(APP)
    app = shop(folder / "shop")
    leak = {"shop/leak.py": (DATA / "leak.py.txt").read_text()}
    leak["shop/__init__.py"] = 'REVISION = "leak"\nfrom shop import leak\n'
    for name, files in LEAKS.items():
        subprocess.run(["git", "-C", app.repository, "checkout", "-q", "v1"], check=True)
        commit(app, name, leak | files)
        subprocess.run(["git", "-C", app.repository, "branch", name], check=True)
    made = Project(folder, (host,), app, name=APP)
    made.section("app", "web_server").update(server_names=[NAME], media_url="/media/")
    env = made.section("app", "env")
    env["ALLOWED_HOSTS"] = NAME
    env["MEDIA_ROOT"] = f"/srv/{APP}/shared/media"
    for variable in (*canaries.VALUES, "DATABASE_URL"):
        env[variable] = {"secret": variable}
    made.environ |= canaries.VALUES | {"DATABASE_URL": canaries.database_url(APP, APP)}
    made.section("app")["database"] = {"kind": "postgres", "url": {"secret": "DATABASE_URL"}}
    made.section("app", "health").update(timeout="6s", settle="0.2s", interval="0.3s", smoke=[])
    made.section("app", "runtime").update(kind="systemd", drain="0s", keep_warm="0s")
    made.write()
    made.must("setup")
    return made


def on_terminal(project: Project, *words: str) -> tuple[int, str]:
    """Type a command on a terminal; gives its exit code and all that it drew."""
    ours, theirs = pty.openpty()
    environ = {**project.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
    environ.pop("CI", None)
    with subprocess.Popen(
        [INV, *words, "--env", "lab"],
        cwd=project.folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        drawn = bytearray()
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            drawn += piece
        os.close(ours)
        return process.wait(timeout=120), drawn.decode(errors="replace")


def live_unit(host: LabHost) -> str:
    """Name the unit that serves."""
    socket = host.run(f"readlink /srv/{APP}/run/live.sock").stdout.strip()
    return f"{APP}@{socket.removeprefix(f'/run/{APP}-').partition('/')[0]}.service"


def as_python(host: LabHost, code: str) -> str:
    """Run Python on a host; gives what it printed."""
    done = host.run("python3 -", input=code, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def heard(project: Project, host: LabHost) -> dict[str, tuple[int, str]]:
    """What every command printed, while somebody on the host was watching."""
    spy = ("systemd-run", "--quiet", "--unit=spy", "--uid=nobody", "python3", "-c")
    assert host.run(subprocess.list2cmdline([*spy]) + f' "{SPY}"').returncode == 0
    told: dict[str, tuple[int, str]] = {}

    def note(*words: str) -> None:
        done = project.inv(*words)
        told[" ".join(words)] = done.returncode, done.stdout + done.stderr

    def deploy(revision: str, *words: str) -> None:
        note("deploy", "--revision", revision, "--verbose", *words)

    deploy("v1", "--output", "plain")
    words = ("deploy", "--revision", "leak/well", "--verbose", "--output", "console")
    told[" ".join(words)] = on_terminal(project, *words)
    deploy("leak/import", "--output", "json")
    deploy("leak/health", "--output", "plain")
    deploy("leak/late", "--output", "json")
    note("rollback", "--verbose", "--output", "json")
    note("plan", "--revision", "leak/well", "--verbose")
    note("logs", "--lines", "2000")
    note("run", "--command", "python -c 'import shop.leak'")
    note("run", "--command", "printenv")
    for command in ("status", "history", "backups"):
        note(command, "--output", "json")
    for command in ("releases", "health", "check"):
        note(command)
    note("backup", "--verbose", "--output", "json")
    note("prune", "--verbose")
    note("render", "--out", "rendered")
    host.run("touch /tmp/spy.stop")
    return told


def test_the_commands_ended_as_they_should(heard: dict[str, tuple[int, str]]) -> None:
    codes = {words: code for words, (code, _) in heard.items()}
    expected = {"v1": 0, "leak/well": 0, "leak/import": 9, "leak/health": 6, "leak/late": 6}

    for revision, code in expected.items():
        (words,) = (one for one in codes if one.startswith(f"deploy --revision {revision} "))
        assert codes[words] == code, heard[words][1][-3000:]
    assert codes["rollback --verbose --output json"] == 0
    assert codes["run --command printenv"] == 0
    assert "QUOTED=***" in heard["run --command printenv"][1]


def test_no_command_has_printed_a_secret(heard: dict[str, tuple[int, str]]) -> None:
    leaks = {words: canaries.found(text) for words, (_, text) in heard.items()}

    assert {words: found for words, found in leaks.items() if found} == {}


def test_no_text_of_the_app_is_a_command_to_a_terminal_or_to_ci(
    heard: dict[str, tuple[int, str]],
) -> None:
    plain = [text for words, (_, text) in heard.items() if "console" not in words]

    for text in plain:
        assert "\x1b" not in text
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
        assert "##[" not in "".join(line for line in text.splitlines() if line[:1] != "{")
    assert "forged" in "".join(plain)


def test_json_stays_json_whatever_the_app_prints(heard: dict[str, tuple[int, str]]) -> None:
    for words, (_, text) in heard.items():
        if words.startswith("deploy") and "json" in words:
            lines = [line for line in text.splitlines() if line.startswith("{")]
            assert len(lines) > 5
            assert all(isinstance(json.loads(line), dict) for line in lines)


@pytest.mark.usefixtures("heard")
def test_no_secret_is_in_a_log_or_journal_of_the_host(host: LabHost) -> None:
    # What the app's own unit printed is the app's; everything else is ours.
    journal = as_python(host, JOURNAL)
    log = host.run("cat /var/log/deploy.log").stdout
    state = host.run("find /var/lib/deployer -type f -size -200k | xargs cat").stdout

    assert len(journal) > 1000
    assert log.count("\n") > 5
    assert '"cause"' in state
    assert [line for line in journal.splitlines() if canaries.found(line)] == []
    assert canaries.found(log) == ()
    assert canaries.found(state) == ()


@pytest.mark.usefixtures("heard")
def test_no_secret_is_seen_by_another_user_of_the_host(host: LabHost) -> None:
    units = host.run("runuser -u nobody -- systemctl show --all '*' --no-pager", timeout=60).stdout
    spied = host.run("cat /tmp/spy.txt").stdout

    assert "EnvironmentFiles=" in units
    assert canaries.found(units) == ()
    assert "deployer" in spied
    assert "gunicorn" in spied
    assert canaries.found(spied) == ()


@pytest.mark.usefixtures("heard")
def test_no_secret_is_in_a_file_that_anybody_may_read(host: LabHost) -> None:
    places = "/srv /etc /var /run /tmp /opt /home /usr/lib/deployer /usr/local"
    look = f"runuser -u nobody -- grep -rlaE '{canaries.MARK}' {places} -s --devices=skip"

    assert host.run(look, timeout=120).stdout == ""


@pytest.mark.usefixtures("heard")
def test_only_roots_own_files_hold_them(host: LabHost) -> None:
    places = "/srv /etc /var /run /tmp /opt /home /root /usr/lib/deployer"
    look = f"grep -rlaE '{canaries.MARK}' {places} -s --devices=skip"
    files = host.run(look, timeout=120).stdout.splitlines()
    modes = host.run("xargs stat -L -c '%U %a %n'", input="\n".join(files)).stdout.splitlines()
    journals = [one for one in modes if "/var/log/journal/" in one or "/run/log/journal/" in one]
    ours = [one for one in modes if one not in journals and "/postgresql/" not in one]

    assert ours
    assert {one.rpartition(" ")[0] for one in ours} == {"root 600"}, ours
    assert all("/config/" in one or "/opt/backups/" in one for one in ours), ours


@pytest.mark.usefixtures("heard")
def test_nothing_was_run_that_stood_in_a_value(host: LabHost) -> None:
    assert host.run("ls /tmp/canary /canary /root/canary").stdout == ""


@pytest.mark.usefixtures("heard")
def test_every_value_reaches_the_process_byte_for_byte(host: LabHost) -> None:
    read = "base64 -w0 /proc/$(systemctl show -P MainPID '{}')/environ"
    environ = base64.b64decode(host.run(read.format(live_unit(host))).stdout).split(b"\0")

    for name, value in canaries.VALUES.items():
        assert f"{name}={value}".encode() in environ


@pytest.mark.usefixtures("heard")
def test_the_unit_of_the_app_is_hardened_while_the_app_works(
    project: Project, host: LabHost
) -> None:
    unit = live_unit(host)
    judged = host.run(f"systemd-analyze security --no-pager {unit}").stdout
    score = re.search(r"Overall exposure level for \S+: ([0-9.]+)", judged)

    assert project.get("/")[0] == project.get("/cart/")[0] == 200
    assert score is not None, judged
    assert float(score[1]) <= 2.0, judged


SANDBOX = (
    "MemoryDenyWriteExecute,SystemCallFilter,RestrictAddressFamilies,RestrictNamespaces,"
    "RestrictRealtime,LockPersonality,PrivateDevices,PrivateTmp,PrivateUsers,ProtectHome,"
    "ProtectProc,ProcSubset,ProtectSystem,NoNewPrivileges,CapabilityBoundingSet,RestrictSUIDSGID"
)


def sandbox(host: LabHost) -> dict[str, str]:
    """What systemd says of the protections of the unit that serves."""
    shown = host.run(f"systemctl show -p {SANDBOX} {live_unit(host)}").stdout
    return dict(line.split("=", 1) for line in shown.splitlines())


@pytest.mark.usefixtures("heard")
def test_a_loosened_unit_lacks_just_that_protection_on_the_host(
    project: Project, host: LabHost
) -> None:
    project.must("deploy", "--revision", "v1")
    before = sandbox(host)
    project.section("app", "runtime")["loosen"] = ["MemoryDenyWriteExecute"]
    project.write()
    project.must("deploy", "--revision", "leak/well", "--unfreeze")
    after = sandbox(host)
    del project.section("app", "runtime")["loosen"]
    project.write()
    project.must("deploy", "--revision", "v1")

    assert before["MemoryDenyWriteExecute"] == "yes"
    assert after == before | {"MemoryDenyWriteExecute": "no"}
    assert sandbox(host) == before


LOCAL_USER = (
    f"cat /srv/{APP}/releases/*/config/app.env",
    f"cat /srv/{APP}/run/live/config/database.env",
    f"ls /srv/{APP}/run/live/config",
    f"cat /srv/{APP}/run/live/shop/settings.py",
    f"ls /srv/{APP}/shared",
    f"ls /srv/{APP}/repo.git",
    f"ls /var/lib/deployer/{APP}",
    f"cat /var/lib/deployer/{APP}/journal",
    "ls /opt/backups",
    "cat /opt/backups/*/*",
    "ls /run/deployer",
    "cat /var/log/deploy.log",
    f"ls /run/{APP}-blue /run/{APP}-green",
    f"curl -s --max-time 5 --unix-socket $(readlink /srv/{APP}/run/live.sock) http://x/",
    f"touch /srv/{APP}/x /srv/{APP}/releases/x /srv/{APP}/run/x /srv/{APP}/run/live/x",
    f"ln -sfn /tmp /srv/{APP}/current",
    "touch /usr/lib/deployer/x /etc/systemd/system/x.service",
    f"systemctl stop {APP}@blue.service",
    "systemd-run --wait true",
    "/usr/lib/deployer/agent recover tattle",
    "sudo -n /usr/lib/deployer/agent serve",
)


@pytest.mark.usefixtures("heard")
def test_a_local_user_reads_nothing_and_reaches_nothing(host: LabHost) -> None:
    host.run("useradd --create-home mallory")
    allowed = [
        line
        for line in LOCAL_USER
        if host.run(f"cd /tmp; runuser -u mallory -- sh -c '{line}'").returncode == 0
    ]

    assert allowed == []


OF_THE_APP = (
    "mv releases/$(readlink run/live | xargs basename) releases/gone",
    "ln -s /etc releases/000099-abcdef0",
    "rm -rf releases/*",
    "touch $(readlink run/live)/x",
    "sh -c 'echo x >> $(readlink run/live)/shop/settings.py'",
    "cat $(readlink run/live)/config/app.env",
    "ln -sfn /etc run/live",
    "ln -sfn /etc current",
    "mv shared gone",
    "ln -sfn /tmp/x.sock run/live.sock",
    "touch venvs/x",
    "touch .trash",
)


@pytest.mark.usefixtures("heard")
def test_the_app_cannot_change_or_replace_what_root_works_with(host: LabHost) -> None:
    before = host.run(f"find /srv/{APP} -not -path '*/shared/*' -printf '%p %u %m %l\\n'").stdout
    allowed = [
        line
        for line in OF_THE_APP
        if host.run(f"cd /srv/{APP} && runuser -u {APP} -- {line}").returncode == 0
    ]

    assert allowed == []
    after = host.run(f"find /srv/{APP} -not -path '*/shared/*' -printf '%p %u %m %l\\n'").stdout
    assert after == before


@pytest.mark.usefixtures("heard")
def test_links_among_uploads_lead_the_web_server_nowhere(project: Project, host: LabHost) -> None:
    plant = (
        "cd media && echo mine > mine.txt && ln -s mine.txt own.txt && ln -s /etc/passwd theirs.txt"
    )
    swap = "mv media gone && ln -s /etc media"
    back = "rm media && mv gone media && rm media/*.txt"

    host.run(f"cd /srv/{APP}/shared && runuser -u {APP} -- sh -c '{plant}'")
    served = [project.get(f"/media/{name}.txt")[0] for name in ("mine", "own", "theirs")]
    host.run(f"cd /srv/{APP}/shared && runuser -u {APP} -- sh -c '{swap}'")
    swapped = project.get("/media/passwd")[0]
    host.run(f"cd /srv/{APP}/shared && runuser -u {APP} -- sh -c '{back}'")

    assert served == [200, 200, 403]
    assert swapped in {403, 404}


@pytest.mark.usefixtures("heard")
def test_links_that_the_app_plants_lead_root_nowhere(project: Project, host: LabHost) -> None:
    look = "stat -c '%n %U %G %a' /etc /etc/shadow /root; sha256sum /etc/passwd /etc/shadow"
    before = host.run(look).stdout
    plant = f"cd /srv/{APP}/shared && rm -rf media && ln -s /etc media && ln -s /etc/shadow loot"
    assert host.run(f"runuser -u {APP} -- sh -c '{plant}'").returncode == 0

    ends = {
        words: project.inv(*words.split())
        for words in ("deploy --revision v1", "backup", "prune", "check")
    }

    said = {words: done.stdout + done.stderr for words, done in ends.items()}
    assert host.run(look).stdout == before, said
    assert not any("Traceback" in text for text in said.values())
    shadow = host.run("cut -d: -f2 /etc/shadow | grep -a . | head -1").stdout.strip()
    packed = host.run("cat /opt/backups/*/* | strings | grep -c 'root:[*!$]'").stdout.strip()
    assert packed == "0", (packed, shadow)
    assert host.run(f"cd /srv/{APP}/shared && rm media loot && mkdir media").returncode == 0
    host.run(f"chown {APP}:{APP} /srv/{APP}/shared/media")


@pytest.mark.usefixtures("heard")
def test_a_release_that_is_a_link_is_refused(project: Project, host: LabHost) -> None:
    fake = "000099-abcdef0"
    link = f"ln -s /root/away /srv/{APP}/releases/{fake}"
    host.run(f"mkdir -p /root/away && touch /root/away/kept && {link}")
    try:
        to_it = project.inv("rollback", "--to", fake)
        pruned = project.inv("prune")
        listed = project.inv("releases")
    finally:
        host.run(f"rm /srv/{APP}/releases/{fake}")

    assert to_it.returncode in {2, 9}, to_it.stdout + to_it.stderr
    assert pruned.returncode == 0
    assert fake not in listed.stdout
    assert host.run("ls /root/away").stdout == "kept\n"
    assert project.get("/healthz")[0] == 200


ABUSES = (
    "sudo -n id",
    "sudo -n -i",
    "sudo -n -s",
    "sudo -n -u '#0' id",
    "sudo -n systemctl restart ssh",
    f"sudo -n {AGENT}",
    f"sudo -n {AGENT} serve x",
    f"sudo -n {AGENT} recover {APP}",
    f"sudo -n {AGENT} work {APP} r1",
    "sudo -n /usr/lib/deployer/../deployer/agent serve",
    f"ln -sf {AGENT} /tmp/agent && sudo -n /tmp/agent serve",
    f"sudo -n PYTHONPATH=/tmp {AGENT} serve",
    f"sudo -n -E {AGENT} serve",
    f"sudo -n --preserve-env=PATH,PYTHONPATH {AGENT} serve",
    f"sudo -n -D /tmp {AGENT} serve",
    f"sudo -n -R /tmp {AGENT} serve",
    f"sudo -n -g root {AGENT} serve",
    f"sudo -n -e {AGENT}",
    f"sudo -n -C 10 {AGENT} serve",
    "sudo -n python3 -c 1",
    "sudo -n /usr/bin/python3 -IS /usr/lib/deployer/agent serve",
    "sudoedit -n /etc/passwd",
)


@pytest.mark.usefixtures("heard")
def test_sudo_lets_the_deploy_user_start_the_agent_and_nothing_else(host: LabHost) -> None:
    ends = {
        line: host.run(f'cd /tmp; runuser -u deploy -- sh -c "{line}" </dev/null')
        for line in ABUSES
    }
    # Other ways to write the path of that one program: sudo starts it by the path of its rule.
    allowed = [
        line
        for line, done in ends.items()
        if done.returncode == 0 and not done.stdout.startswith('{"hello"')
    ]
    started = {line for line, done in ends.items() if done.returncode == 0}
    good = host.run(f"runuser -u deploy -- sudo -n {AGENT} serve </dev/null")
    checked = host.run("visudo -c")
    places = host.run(
        "namei -l /usr/lib/deployer/agent /usr/bin/python3 /etc/sudoers.d | awk '{print $1, $2}'"
    ).stdout

    assert allowed == []
    assert all(line.endswith("agent serve") for line in started), started
    assert not any("=" in line or " -E" in line or " -C" in line for line in started), started
    assert good.stdout.startswith('{"hello"')
    assert checked.returncode == 0, checked.stdout
    for line in places.splitlines():
        if line[:1] in "d-l" and not line.startswith("f:"):
            assert line.endswith(" root"), line
            assert line[:1] == "l" or line[8] != "w", line


@pytest.mark.usefixtures("heard")
def test_an_agent_that_was_changed_on_the_host_does_nothing_until_setup(
    project: Project, host: LabHost
) -> None:
    serving = project.healthz()["release"]
    folder = "$(dirname $(readlink -f /usr/lib/deployer/agent))"
    host.run(f"echo '# by hand' >> {folder}/deployer/agent/talk/serve.py")

    refused = project.inv("deploy", "--revision", "leak/well")
    project.must("setup")
    again = project.inv("status")

    assert refused.returncode == 9, refused.stdout + refused.stderr
    assert "inv setup" in refused.stdout + refused.stderr
    assert again.returncode == 0
    assert project.healthz()["release"] == serving
