import pytest
from pydantic import ValidationError

from deployer.core.actions.backups import DumpPostgres, DumpSqlite
from deployer.core.release import Layout
from tests.shop_values import Section, inventory

LAYOUT = Layout("shop")
TLS = {"certificate": "/etc/ssl/shop/chain.pem", "key": "/etc/ssl/shop/key.pem"}
NGINX: Section = {"kind": "nginx", "server_names": ["shop.example.org", "www.example.org"]}


def test_a_postgres_dump_finds_its_url_in_a_file_of_the_release():
    database = inventory({"database": {"kind": "postgres", "url": {"secret": "URL"}}}).app.database

    assert database.dump(LAYOUT, "/srv/shop/releases/r") == DumpPostgres(
        user="shop",
        env_files=("/srv/shop/releases/r/config/database.env",),
        url_variable="DEPLOYER_DATABASE_URL",
    )
    assert not database.is_local


def test_a_password_is_not_written_into_the_inventory():
    with pytest.raises(ValidationError, match="without a password"):
        inventory({"database": {"kind": "postgres", "url": "postgresql://shop:pw@db/shop"}})


def test_an_sqlite_file_is_shared_and_each_hosts_own():
    database = inventory({"database": {"kind": "sqlite", "path": "data/db.sqlite3"}}).app.database

    assert database.dump(LAYOUT, "/anywhere") == DumpSqlite("/srv/shop/shared/data/db.sqlite3")
    assert database.is_local


def test_no_database_is_never_dumped():
    database = inventory({"database": "none"}).app.database

    assert (database.dump(LAYOUT, "/x"), database.backup, database.is_local) == (
        None,
        "never",
        False,
    )


@pytest.mark.parametrize(
    ("described", "front"),
    [
        (NGINX, "http://127.0.0.1:80"),
        ({**NGINX, "listen": 8080}, "http://127.0.0.1:8080"),
        ({**NGINX, "tls": TLS}, "https://127.0.0.1:443"),
        ("none", ""),
    ],
)
def test_a_web_server_says_where_the_host_reaches_it(described, front):
    assert inventory({"web_server": described}).app.web_server.front == front


def test_nginx_turns_a_site_on_the_way_debian_does():
    server = inventory({"web_server": NGINX}).app.web_server

    assert server.links("shop") == (
        ("/etc/nginx/sites-enabled/shop.conf", "/etc/nginx/sites-available/shop.conf"),
    )
    assert server.server_names == ("shop.example.org", "www.example.org")


def test_without_a_web_server_nothing_is_linked():
    server = inventory({"web_server": "none"}).app.web_server

    assert (server.links("shop"), server.server_names) == ((), ())


def test_a_systemd_runtime_has_its_times_in_seconds():
    runtime = inventory(
        {"runtime": {"kind": "systemd", "start_timeout": "2m", "drain": "500ms", "keep_warm": 0}}
    ).app.runtime

    assert (runtime.start_timeout, runtime.drain, runtime.keep_warm) == (120.0, 0.5, 0.0)


def test_a_sync_worker_has_no_threads():
    with pytest.raises(ValidationError, match="gthread"):
        inventory(
            {
                "app_server": {
                    "kind": "gunicorn",
                    "module": "shop.wsgi:application",
                    "worker_class": "sync",
                    "threads": 4,
                }
            }
        )
