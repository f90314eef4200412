"""A backup comes back: the app's data as recorded, the later data kept, or nothing changed."""

import json
import os
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.apps import shop, shop_on_mariadb
from tests.lab.project import INV, Project

HERE = Path(__file__).parents[2]
TOKEN = "a" * 32
GRANTS = r"""
CREATE DATABASE {0} CHARACTER SET utf8mb4;
CREATE USER {0}@localhost IDENTIFIED BY 'secret';
GRANT ALL ON {0}.* TO {0}@localhost;
GRANT ALL ON `{0}\_%`.* TO {0}@localhost;
"""
COUNTED = ("django_session", "catalog_order", "django_migrations")


class Written:
    """Counts rows, and lets others wait for a number of them."""

    def __init__(self) -> None:
        self.rows = 0
        self._more = threading.Condition()

    def add(self) -> None:
        with self._more:
            self.rows += 1
            self._more.notify_all()

    def wait_for(self, rows: int) -> None:
        with self._more:
            assert self._more.wait_for(lambda: self.rows >= rows, timeout=60)


@dataclass
class Shop:
    """A deployed shop, and a way to its data that does not go through us."""

    project: Project
    host: LabHost
    kind: str

    @property
    def name(self) -> str:
        return str(self.project.section("app")["name"])

    def rows(self, database: str = "") -> dict[str, int]:
        """Count straight in the database, live or an old copy."""
        counted = [f"SELECT count(*) FROM {table}" for table in COUNTED]
        if self.kind == "mariadb":
            where = database or self.name
            lines = [self.shell(f"mariadb -N -B {where} -e '{one}'") for one in counted]
        elif self.kind == "postgres":
            where = database or self.name
            lines = [
                self.shell(f"cd / && runuser -u postgres -- psql -qtA -d {where} -c '{one}'")
                for one in counted
            ]
        else:
            where = database or f"/srv/{self.name}/shared/db.sqlite3"
            lines = [self.shell(f"sqlite3 {where} '{one}'") for one in counted]
        return dict(zip(COUNTED, map(int, lines), strict=True))

    def copies(self) -> list[str]:
        """The names of all copies of the database."""
        if self.kind == "postgres":
            query = f"SELECT datname FROM pg_database WHERE datname LIKE '{self.name}_%'"
            return self.shell(f'cd / && runuser -u postgres -- psql -qtAc "{query}"').split()
        if self.kind == "mariadb":
            return self.shell(f"mariadb -N -B -e \"SHOW DATABASES LIKE '{self.name}\\_%'\"").split()
        return self.shell(f"ls /srv/{self.name}/shared | grep db.sqlite3_ || true").split()

    def shell(self, line: str) -> str:
        done = self.host.run(line)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def backups(self) -> list[dict[str, object]]:
        """The records of the backups, the oldest first."""
        rows = json.loads(self.project.must("backups", "--output", "json"))["rows"]
        return list(rows)

    def backup(self) -> dict[str, object]:
        """Make a backup and give its record."""
        self.project.must("backup")
        return self.backups()[-1]

    def restore(self, record: Mapping[str, object], *words: str, since: str = "") -> str:
        done = self.try_restore(record, *words, since=since)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def try_restore(
        self, record: Mapping[str, object], *words: str, since: str = ""
    ) -> subprocess.CompletedProcess[str]:
        when = since or str(record["created"])[:16]
        chosen = words or ("--database",)
        confirmed = ("--yes-i-lose-writes-since", when)
        return self.project.inv("restore", "--backup", str(record["name"]), *chosen, *confirmed)

    def open_session(self) -> None:
        """Let somebody else be in the database, as a forgotten `psql` is."""
        if self.kind != "postgres":
            return
        words = f"runuser -u {self.name} -- psql -qc 'SELECT pg_sleep(600)' {self.name}"
        self.shell(f"systemd-run --quiet --collect --unit=forgotten-{self.name} {words}")
        asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%'"
        wait = f'until test "$(cd / && runuser -u postgres -- psql -qtAc "{asked}")" -ge 2'
        self.shell(f"{wait}; do sleep 0.1; done")

    def order(self) -> int:
        """Write one row through the app, as a user does; gives the status."""
        host = self.project.server_name
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": TOKEN}).encode()
        request = urllib.request.Request(
            f"http://{self.host.address}/products/teapot/add/",
            data=form,
            headers={"Host": host, "Cookie": f"csrftoken={TOKEN}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)

    @contextmanager
    def writer(self) -> Iterator["Written"]:
        """Write on and on, until the app is down for the first time."""
        written = Written()
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                try:
                    self.order()
                except OSError:
                    return
                written.add()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield written
        finally:
            stop.set()
            thread.join(30)


def counts_of(record: Mapping[str, object]) -> dict[str, int]:
    """Rows by table, as the record of a backup says."""
    tables = record["tables"]
    assert isinstance(tables, dict)
    return {str(table): int(count) for table, count in tables.items()}


def made(lab: Lab, folder: Path, name: str, kind: str) -> Shop:
    (host,) = lab.hosts
    url = f"mysql://{name}:secret@127.0.0.1:3306/{name}"
    app = shop_on_mariadb(folder / "shop", url=url) if kind == "mariadb" else shop(folder / "shop")
    project = Project(folder, (host,), app, name=name)
    site = f"{name}.lab.test"
    project.section("app", "web_server")["server_names"] = [site]
    env = project.section("app", "env")
    env["ALLOWED_HOSTS"] = site
    env["MEDIA_ROOT"] = f"/srv/{name}/shared/media"
    if kind == "sqlite":
        env["DATABASE_URL"] = f"sqlite:////srv/{name}/shared/db.sqlite3"
    if kind == "postgres":
        env["DATABASE_URL"] = f"postgresql:///{name}"
        url = f"postgresql:///{name}"
        project.section("app")["database"] = {"kind": "postgres", "url": url}
    project.section("app", "health").update(settle="0.2s", timeout="8s")
    project.inventory["backup"] = {"shared": True}
    project.write()
    project.must("setup")
    if kind == "mariadb":
        assert host.run("mariadb", input=GRANTS.format(name)).returncode == 0
    if kind == "postgres":
        lines = f"cd /; runuser -u postgres -- createuser --createdb {name}"
        assert host.run(lines).returncode == 0
        assert host.run(f"cd /; runuser -u postgres -- createdb -O {name} {name}").returncode == 0
    project.must("deploy", "--revision", "mariadb" if kind == "mariadb" else "v1")
    return Shop(project, host, kind)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(f"restore-{os.getpid()}", project=HERE) as booted:
        booted.up(1, postgres=True, mariadb=True)
        yield booted


@pytest.fixture(scope="module", params=["sqlite", "postgres", "mariadb"])
def site(request, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    kind = str(request.param)
    return made(lab, tmp_path_factory.mktemp(kind), f"re{kind}", kind)


def test_a_restore_gives_exactly_the_recorded_rows_and_keeps_the_later_ones(site: Shop) -> None:
    with site.writer() as written:
        written.wait_for(5)
        record = site.backup()
        at_backup = written.rows
        written.wait_for(at_backup + 5)
        site.open_session()
        said = site.restore(record)

    rows, recorded = site.rows(), counts_of(record)
    short = {table.rpartition(".")[2]: count for table, count in recorded.items()}
    before = site.backups()[-1]
    (kept,) = site.copies()
    place = f"/srv/{site.name}/shared/{kept}" if site.kind == "sqlite" else kept
    assert rows == {table: short[table] for table in COUNTED}
    assert site.rows(place)["django_session"] >= at_backup + 5
    assert before["name"] != record["name"]
    assert sum(counts_of(before).values()) > sum(recorded.values())
    assert kept in said
    assert "down for" in said
    assert site.project.healthz()["status"] == "ok"
    assert site.order() == 200


WRONG = {
    "another minute": "2001-01-01 00:00",
    "no time": "yesterday",
    "nothing": "",
}


@pytest.mark.parametrize("name", WRONG)
def test_nothing_happens_without_the_right_words(site: Shop, name: str) -> None:
    newest, before = site.backups()[-1], site.rows()
    words = ("restore", "--backup", str(newest["name"]), "--database")
    confirmed = ("--yes-i-lose-writes-since", WRONG[name]) if WRONG[name] else ()

    done = site.project.inv(*words, *confirmed)

    assert done.returncode == 2, done.stdout + done.stderr
    assert "hint:" in done.stdout + done.stderr
    assert site.rows() == before
    assert site.backups()[-1]["name"] == newest["name"]


def test_without_parts_it_says_what_the_backup_holds(site: Shop) -> None:
    newest = site.backups()[-1]

    done = site.project.inv("restore", "--backup", str(newest["name"]))

    assert done.returncode == 2
    assert "--database" in done.stdout + done.stderr
    assert "rows counted" in done.stdout + done.stderr


def test_a_restore_test_compares_and_leaves_nothing_behind(site: Shop) -> None:
    before = site.copies()
    scratch = leftover(site)

    said = site.project.must("backup", "--verify", "--restore-test")

    assert "restored and compared" in said
    assert scratch not in site.copies()
    assert site.copies() == before
    assert site.backups()[-1]["tested"]


def leftover(site: Shop) -> str:
    """What a restore test that was killed leaves."""
    end = "scratch_20260101_120000_abcd"
    if site.kind == "postgres":
        name = f"{site.name}_{end}"
        site.shell(f"cd /; runuser -u {site.name} -- createdb {name}")
    elif site.kind == "mariadb":
        name = f"{site.name}_{end}"
        site.shell(f"mariadb -e 'CREATE DATABASE {name}'")
    else:
        name = f"db.sqlite3_{end}"
        site.shell(f"runuser -u {site.name} -- touch /srv/{site.name}/shared/{name}")
    return name


@pytest.mark.parametrize("step", ["restore_beside", "swap", "check_health"])
def test_a_restore_whose_agent_is_killed_leaves_the_old_or_the_new_data(
    site: Shop, step: str
) -> None:
    record = site.backups()[-1]
    recorded = {name.rpartition(".")[2]: n for name, n in counts_of(record).items()}
    site.order()
    latest = site.rows()

    killed_at(site, record, step)

    history = json.loads(site.project.must("history", "--output", "json"))["rows"]
    new = {table: recorded[table] for table in COUNTED}
    assert site.rows() == (new if history[-1]["outcome"] == "committed" else latest), history[-1]
    assert site.project.healthz()["status"] == "ok"
    assert site.order() == 200
    assert not [one for one in site.copies() if "_restore_" in one]
    assert not json.loads(site.project.must("status", "--output", "json"))["rows"][0]["open_run"]


def killed_at(site: Shop, record: Mapping[str, object], step: str) -> None:
    """Restore, and kill the agent when a step has begun; then wait for its recovery."""
    words = [INV, "restore", "--env", "lab", "--backup", str(record["name"]), "--database"]
    words += ["--yes-i-lose-writes-since", str(record["created"])[:16], "--output", "json"]
    killed = False
    with subprocess.Popen(
        words, cwd=site.project.folder, env=site.project.environ, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            event = json.loads(line)
            if event["event"] == "StepStarted" and event["step"] == step:
                pattern = f"deployer-{site.name}-2*.service"
                site.shell(f"systemctl kill --kill-whom=all -s KILL '{pattern}'")
                killed = True
        running.wait(120)
    unit = f"deployer-recover@{site.name}.service"
    ended = f"/usr/lib/deployer/agent recover {site.name}"
    site.shell(f"while systemctl is-active -q {unit}; do sleep 0.1; done; timeout 60 {ended}")
    assert killed


@pytest.mark.parametrize("site", ["postgres"], indirect=True)
def test_a_role_that_may_not_create_databases_is_told_the_line_that_helps(site: Shop) -> None:
    alter = f"cd /; runuser -u postgres -- psql -qc 'ALTER ROLE {site.name}"
    before = site.rows()
    site.shell(f"{alter} NOCREATEDB'")

    done = site.try_restore(site.backups()[-1])
    site.shell(f"{alter} CREATEDB'")

    said = done.stdout + done.stderr
    assert done.returncode == 9, said
    assert f"'ALTER ROLE \"{site.name}\" CREATEDB'" in said
    assert site.rows() == before


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_shared_files_come_back_and_the_database_stays(site: Shop) -> None:
    media = f"/srv/{site.name}/shared/media"
    site.shell(
        f"runuser -u {site.name} -- sh -c 'echo one > {media}/a.txt; chmod 600 {media}/a.txt'"
    )
    record = site.backup()
    site.shell(f"echo two > {media}/a.txt; echo new > {media}/b.txt; chmod 644 {media}/a.txt")
    site.order()
    before = site.rows()

    said = site.restore(record, "--shared")

    look = f"cat {media}/a.txt; stat -c '%a %U:%G' {media}/a.txt; ls {media}"
    assert site.shell(look).split("\n") == ["one", f"600 {site.name}:{site.name}", "a.txt"]
    assert site.rows() == before
    assert f"/srv/{site.name}/shared_before_" in said
    assert site.shell(f"cat /srv/{site.name}/shared_before_*/media/b.txt") == "new"
    assert site.project.healthz()["status"] == "ok"


HOSTILE = r"""
import gzip, hashlib, io, json, pathlib, sys, tarfile
folder = pathlib.Path(sys.argv[1])
part = folder / "shared.tar.gz"
with tarfile.open(part, "w:gz") as archive:
    link = tarfile.TarInfo("shared/out"); link.type = tarfile.SYMTYPE; link.linkname = "/etc"
    archive.addfile(link)
    content = b"owned"; file = tarfile.TarInfo("shared/out/owned"); file.size = len(content)
    archive.addfile(file, io.BytesIO(content))
    owned = {"size": 5, "sha256": hashlib.sha256(content).hexdigest()}
    told = json.dumps({"files": {"out/owned": owned}, "changed": []}).encode()
    end = tarfile.TarInfo("MANIFEST.json"); end.size = len(told)
    archive.addfile(end, io.BytesIO(told))
record = json.loads((folder / "backup.json").read_text()); del record["seal"]
sha256 = hashlib.sha256(part.read_bytes()).hexdigest()
for one in record["parts"]:
    if one["name"] == part.name:
        one.update(size=part.stat().st_size, sha256=sha256, members=3)
text = json.dumps(record, indent=2).encode() + b"\n"
record["seal"] = hashlib.sha256(text).hexdigest()
(folder / "backup.json").write_bytes(json.dumps(record, indent=2).encode() + b"\n")
sums = "".join(f"{one['sha256']}  {one['name']}\n" for one in record["parts"])
(folder / "SHA256SUMS").write_text(sums)
"""


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_an_archive_that_leads_out_is_refused_though_its_seal_is_right(site: Shop) -> None:
    record = site.backups()[-1]
    made = site.host.run(f"python3 - /opt/backups/{record['name']}", input=HOSTILE)
    assert made.returncode == 0, made.stderr
    before = site.shell(f"ls -A /srv/{site.name} /srv/{site.name}/shared")

    done = site.try_restore(record, "--shared")

    said = done.stdout + done.stderr
    assert done.returncode == 9, said
    assert "were not restored" in said
    assert "owned" not in site.shell("ls /etc")
    assert site.shell(f"ls -A /srv/{site.name} /srv/{site.name}/shared") == before
    assert site.project.healthz()["status"] == "ok"
