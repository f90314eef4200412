import gzip

import pytest

from deployer.agent.backups import mysql_dump_file
from deployer.agent.backups.archive import Damaged
from deployer.agent.backups.dump_mysql import _version
from deployer.agent.databases.mysql_url import NotMysql, mysql_options, option_file

DUMP = r"""-- MariaDB dump 10.19
CREATE TABLE `orders` (
  `id` int
);
INSERT INTO `orders` VALUES
(1,'a (b), it\'s; INSERT INTO `x` VALUES (1)'),
(2,0x00FF);
INSERT INTO `orders` (`id`, `note`) VALUES (3,'one'),(4,'back\\'),(5,NULL);
CREATE TABLE `odd``name` (
);
INSERT INTO `django_migrations` VALUES
(1,'shop','0001_initial(x','2026-01-01'),(2,'shop','0002_more','2026-01-01');
INSERT INTO `alembic_version` VALUES ('abc123');
DELIMITER ;;
CREATE PROCEDURE `p`()
begin
INSERT INTO `orders` VALUES (9,'p');
end ;;
DELIMITER ;
-- Dump completed on 2026-11-25 20:00:00
"""


def written(tmp_path, text):
    file = tmp_path / "database.sql.gz"
    file.write_bytes(gzip.compress(text.encode()))
    return file


def test_rows_and_migrations_are_counted_where_they_are_in_the_dump_itself(tmp_path):
    found = mysql_dump_file.read(written(tmp_path, DUMP))

    tables = {"orders": 5, "odd`name": 0, "django_migrations": 2, "alembic_version": 1}
    assert found.tables == tables
    assert found.migrations == ["shop.0001_initial(x", "shop.0002_more", "abc123"]


@pytest.mark.parametrize("lines", range(1, len(DUMP.splitlines())))
def test_a_dump_that_ends_early_is_noticed_even_at_the_end_of_a_line(tmp_path, lines):
    cut = "\n".join(DUMP.splitlines()[:-lines]) + "\n"

    with pytest.raises(Damaged, match="it was cut"):
        mysql_dump_file.read(written(tmp_path, cut))


def test_a_compressed_dump_that_ends_early_is_noticed(tmp_path):
    file = written(tmp_path, DUMP)
    file.write_bytes(file.read_bytes()[:-3])

    with pytest.raises(Damaged, match="cannot be read back"):
        mysql_dump_file.read(file)


@pytest.mark.parametrize(
    ("url", "database", "options"),
    [
        ("mysql:///shop", "shop", {}),
        ("mysql2://ann@db/shop", "shop", {"host": "db", "user": "ann"}),
        (
            "mysql+pymysql://ann:p%40%22%5C@db:3307/shop?charset=utf8mb4&ssl_ca=/etc/ca.pem",
            "shop",
            {
                "host": "db",
                "port": "3307",
                "user": "ann",
                "password": 'p@"\\',
                "ssl-ca": "/etc/ca.pem",
            },
        ),
        (
            "mariadb://%2Frun%2Fmysqld%2Fmysqld.sock/shop",
            "shop",
            {"socket": "/run/mysqld/mysqld.sock"},
        ),
        ("mysql://localhost:3306/shop", "shop", {"host": "127.0.0.1", "port": "3306"}),
        ("mysql://localhost/shop?unix_socket=/x", "shop", {"host": "localhost", "socket": "/x"}),
    ],
)
def test_a_url_becomes_options(url, database, options):
    assert mysql_options(url) == (database, options)


@pytest.mark.parametrize(
    "url", ["postgres://a:secret@b/c", "secret", "mysql://a:secret@b:xx/c", "mysql://a:secret@b/"]
)
def test_a_url_that_is_none_of_mysql_is_never_shown(url):
    with pytest.raises(NotMysql) as refused:
        mysql_options(url)

    assert "secret" not in str(refused.value)


def test_values_of_the_option_file_are_quoted():
    assert option_file({"password": 'a"b\\c\n#'}) == b'[client]\npassword="a\\"b\\\\c\\n#"\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mariadb-dump from 11.4.2-MariaDB, client 10.19", ("MariaDB", (11, 4))),
        ("mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for debian", ("MariaDB", (10, 11))),
        ("10.11.19-MariaDB-0+deb12u1", ("MariaDB", (10, 11))),
        ("mysqldump  Ver 8.0.36 for Linux on x86_64", ("MySQL", (8, 0))),
        ("8.4.0", ("MySQL", (8, 4))),
    ],
)
def test_versions_of_tools_and_servers_are_compared_by_make(text, found):
    assert _version(text) == found
