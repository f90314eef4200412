from pathlib import Path

import pytest

from deployer.adapters.app_servers.gunicorn import Gunicorn
from deployer.adapters.databases.postgres import Postgres
from deployer.adapters.databases.sqlite import Sqlite
from deployer.core.secret import SecretReference
from deployer.errors import InventoryError
from deployer.inventory.loader import load
from tests.unit.inventory.good import GOOD, with_line, written

DATA = Path(__file__).parents[2] / "data"


def test_the_production_inventory_is_accepted_as_it_stands():
    inventory = load(DATA, "prod", {})

    assert inventory.environment == "prod"
    assert inventory.protected
    assert inventory.rollout.batches == (1, "50%", "100%")
    assert [(host.name, host.roles) for host in inventory.hosts.values()] == [
        ("web1", ("web", "migrate")),
        ("web2", ("web",)),
    ]
    assert inventory.app.env["GREETING"] == '100% "sûr" $HOME'
    assert inventory.app.env["SECRET_KEY"] == SecretReference(secret="SECRET_KEY")
    assert inventory.app.health.expect_status == (200,)
    assert inventory.app.health.interval == 2.0
    assert inventory.secret_names() == ("DATABASE_URL", "SECRET_KEY")


def test_an_app_needs_a_name_an_app_server_and_a_host(tmp_path):
    app = 'app: {name: a, app_server: {kind: gunicorn, module: "a:b"}}'
    text = f'{app}\nhosts: {{x: {{address: "::1"}}}}\n'

    inventory = load(written(tmp_path, text), "prod", {})

    parts = (inventory.app.source, inventory.app.installer, inventory.app.runtime)
    assert [part.kind for part in parts] == ["git", "pip", "systemd"]
    assert inventory.app.source.transport == "push"
    assert inventory.app.database.kind == inventory.app.web_server.kind == "none"
    assert inventory.secret_names() == ()


def test_line_ends_of_windows_change_nothing(tmp_path):
    unix = load(written(tmp_path, GOOD), "prod", {})

    windows = load(written(tmp_path, GOOD.replace("\n", "\r\n")), "prod", {})

    assert windows == unix


@pytest.mark.parametrize(
    "text", ["{{ 7*7 }}", "{% x %}", "${HOME}", "$HOME", "%h", "a\nb", "'", '"', "\\", " a ", ""]
)
def test_text_of_the_environment_stays_as_it_is_written(text, tmp_path):
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    folder = written(tmp_path, with_line("env", f'{{A: "{quoted}"}}'))

    assert load(folder, "prod", {"HOME": "/root"}).app.env == {"A": text}


@pytest.mark.parametrize(
    ("text", "seconds"), [("2s", 2.0), ("500ms", 0.5), ("1m", 60.0), ("1.5s", 1.5), ("3", 3.0)]
)
def test_durations_are_written_with_a_unit_or_in_seconds(text, seconds, tmp_path):
    folder = written(tmp_path, with_line("health", f"{{interval: {text}}}"))

    assert load(folder, "prod", {}).app.health.interval == seconds


def test_settle_and_keep_warm_may_be_nothing(tmp_path):
    text = with_line("health", "{settle: 0}").replace(
        "runtime: systemd", "runtime: {kind: systemd, drain: 0s, keep_warm: 0}"
    )

    inventory = load(written(tmp_path, text), "prod", {})

    assert inventory.app.health.settle == inventory.app.runtime.drain == 0.0


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.org/a/b.git",
        "https://git.example.org:8443/~a/b",
        "ssh://git@git.example.org:2222/a/b.git",
        "ssh://git@[::1]/a",
        "git@git.example.org:a/b.git",
        "git@git.example.org:/srv/b.git",
    ],
)
def test_hosts_may_fetch_from_these(url, tmp_path):
    folder = written(tmp_path, with_line("source", f"{{kind: git, url: '{url}'}}"))

    assert load(folder, "prod", {}).app.source.url == url


@pytest.mark.parametrize("url", [".", "../shop", "/srv/git/shop.git", "file:///srv/git/shop.git"])
def test_a_repository_on_this_machine_may_be_pushed(url, tmp_path):
    text = with_line("source", f"{{kind: git, transport: push, url: '{url}'}}")

    assert load(written(tmp_path, text), "prod", {}).app.source.url == url


@pytest.mark.parametrize(
    "revision", ["main", "v1.2", "feature/a-b", "1a2b3c4", "refs/tags/v1", "release+1", "a@b"]
)
def test_branches_tags_and_commits_are_revisions(revision, tmp_path):
    text = with_line("source", f"{{kind: git, url: 'https://h/x', revision: '{revision}'}}")

    assert load(written(tmp_path, text), "prod", {}).app.source.revision == revision


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop@db.example.org:5432/shop",
        "postgres:///shop",
        "postgresql://shop@[::1]/shop",
        "postgresql://%2Fvar%2Frun%2Fpostgresql/shop?sslmode=require",
    ],
)
def test_database_urls_without_a_password_are_taken(url, tmp_path):
    folder = written(tmp_path, with_line("database", f"{{kind: postgres, url: '{url}'}}"))

    assert load(folder, "prod", {}).app.database == Postgres(url=url)


def test_the_home_folder_comes_from_the_environment(tmp_path):
    folder = written(tmp_path, with_line("ssh", "{identity: ~/.ssh/id}"))

    assert load(folder, "prod", {"HOME": "/home/me"}).ssh.identity == "/home/me/.ssh/id"


def test_an_ipv6_address_and_a_host_named_like_its_own_role_are_taken(tmp_path):
    text = with_line("web1", "=  web: {address: '2001:DB8::1', roles: [web]}")

    assert load(written(tmp_path, text), "prod", {}).hosts["web"].address == "2001:db8::1"


def test_what_base_says_holds_unless_the_environment_says_otherwise(tmp_path):
    written(tmp_path, "ssh: {port: 2222, user: base}\nprotected: true\n", "base")
    written(tmp_path, GOOD.replace("protected: false\n", ""))

    inventory = load(tmp_path, "prod", {})

    assert inventory.ssh.port == 2222
    assert inventory.ssh.user == "deploy"
    assert inventory.protected


def test_null_removes_what_base_says(tmp_path):
    written(tmp_path, "ssh: {port: 2222}\nrollout: {batches: [2]}\n", "base")
    text = GOOD.replace("ssh: {user: deploy}", "ssh: {port: null}").replace(
        "rollout: {batches: [1]}", "rollout: null"
    )

    inventory = load(written(tmp_path, text), "prod", {})

    assert inventory.ssh.port == 22
    assert inventory.rollout.batches == ("100%",)


def test_another_kind_replaces_the_options_of_the_first(tmp_path):
    written(tmp_path, "app: {database: {kind: postgres, url: 'postgresql:///x'}}\n", "base")
    written(tmp_path, with_line("database", "{kind: sqlite, path: db.sqlite3}"))

    assert load(tmp_path, "prod", {}).app.database == Sqlite(path="db.sqlite3")


def test_options_merge_into_the_kind_of_base(tmp_path):
    base = 'app: {app_server: {kind: gunicorn, module: "a:b", workers: 7}}\n'
    written(tmp_path, base, "base")
    written(tmp_path, with_line("app_server", "{threads: 2}"))

    server = load(tmp_path, "prod", {}).app.app_server

    assert server == Gunicorn(module="a:b", workers=7, threads=2)


def test_a_missing_key_is_told_where_its_mapping_starts(tmp_path):
    text = GOOD.replace('  app_server: {kind: gunicorn, module: "shop.wsgi:application"}\n', "")

    with pytest.raises(
        InventoryError, match=r"prod.yaml:1:1: app.app_server: is missing"
    ) as caught:
        load(written(tmp_path, text), "prod", {})

    assert len(caught.value.problems) == 1


def test_an_alias_repeats_what_it_names(tmp_path):
    text = with_line("env", "{A: &greeting hello, B: *greeting}")

    assert load(written(tmp_path, text), "prod", {}).app.env == {"A": "hello", "B": "hello"}
