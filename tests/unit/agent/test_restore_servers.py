import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases import mysql_admin, postgres_admin
from deployer.agent.databases.mysql_admin import MysqlAdmin
from deployer.agent.databases.postgres_admin import Admin
from deployer.agent.restores.restoration import Names
from deployer.agent.restores.restore_mysql import RestoreMysql

NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=20)


class Server:
    """Answers the first pattern that is found in a question; remembers what it was told."""

    def __init__(self, answers):
        self._answers = answers
        self.told = []

    def __call__(self, sql):
        self.told.append(sql)
        for pattern, lines in self._answers.items():
            if re.search(pattern, sql):
                if isinstance(lines, ActionFailed):
                    raise lines
                return lines
        return ()


@given(NAMES)
def test_no_name_ends_its_quotes(name):
    for quoted, sign in (
        (postgres_admin.identifier(name), '"'),
        (postgres_admin.literal(name), "'"),
        (mysql_admin.identifier(name), "`"),
    ):
        assert quoted[0] == quoted[-1] == sign
        assert quoted[1:-1].replace(sign * 2, "").count(sign) == 0
        assert quoted[1:-1].replace(sign * 2, sign) == name


@given(NAMES)
def test_no_text_ends_its_quotes_in_mysql_where_a_backslash_escapes(text):
    inner = mysql_admin.literal(text)[1:-1]

    assert re.fullmatch(r"(?:[^'\\]|''|\\\\)*", inner, re.DOTALL)
    assert re.sub(r"''|\\\\", lambda found: found.group()[0], inner) == text


def test_all_tables_move_in_one_statement():
    server = Server({"'shop'": ("a", "b`c"), "'shop_restore": ("a",)})
    admin = MysqlAdmin(server)

    admin.move(("shop", "shop_before"), ("shop_restore", "shop"))

    assert server.told[-1] == (
        "SET SESSION lock_wait_timeout = 20; RENAME TABLE "
        "`shop`.`a` TO `shop_before`.`a`, `shop`.`b``c` TO `shop_before`.`b``c`, "
        "`shop_restore`.`a` TO `shop`.`a`"
    )


class Schemas:
    """A server that has schemas with tables, and knows how to rename all of them or none."""

    def __init__(self, **tables):
        self.tables = {name: set(found) for name, found in tables.items()}

    def __call__(self, sql):
        if "schema_name = " in sql and "CONCAT" not in sql:
            return ("1",) if sql.rpartition("= ")[2].strip("'") in self.tables else ()
        if "schemata" in sql:
            return ("CHARACTER SET utf8mb4",)
        if "table_type" in sql:
            return tuple(sorted(self.tables.get(re.findall(r"'(.*?)'", sql)[0], ())))
        if verb := re.match(r"(CREATE|DROP) DATABASE `(.*?)`", sql):
            self.tables.pop(verb[2], None)
            self.tables.update({verb[2]: set()} if verb[1] == "CREATE" else {})
        for old, table, new in re.findall(r"`(\w+)`\.`(\w+)` TO `(\w+)`", sql):
            assert table not in self.tables[new], f"{new}.{table} exists"
            self.tables[old].remove(table)
            self.tables[new].add(table)
        return ()


class Restored(RestoreMysql):
    """A restore whose server is a `Schemas`."""

    def __init__(self, server):
        self._live = "shop"
        self._names = Names("shop_restore_x", "shop_before_x", "shop_tried_x")
        self._server = server

    def _with(self, work):
        return work(None, MysqlAdmin(self._server))


@pytest.mark.parametrize("live", [(), ("a", "b")])
def test_a_swap_of_schemas_is_undone_once_however_often_it_is_asked_for(live):
    server = Schemas(shop=live, shop_restore_x=("a", "c"))
    restored = Restored(server)
    restored.swap()

    restored.swap_back()
    server.tables["shop_before_x"] = set()  # as if it had been killed before the drop
    restored.swap_back()

    assert server.tables == {"shop": set(live), "shop_tried_x": {"a", "c"}}


def test_tables_that_a_crash_of_the_server_left_in_the_kept_schema_are_never_dropped():
    server = Schemas(shop=("b",), shop_before_x=("a",), shop_restore_x=("a", "b"))

    with pytest.raises(ActionFailed, match="moved only some tables: a are in") as caught:
        Restored(server).swap_back()

    assert "RENAME TABLE `shop_before_x`.`a` TO `shop`.`a`" in caught.value.hint
    assert server.tables["shop_before_x"] == {"a"}


def test_a_missing_grant_is_named_word_by_word():
    no = ActionFailed("ERROR 1044: Access denied")
    like = ("CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",)
    server = Server({"CREATE DATABASE": no, "CURRENT_USER": ("shop@localhost",), "schemata": like})

    with pytest.raises(ActionFailed) as caught:
        MysqlAdmin(server).may_create("my_shop_restore_x", "my_shop")

    assert "GRANT ALL ON `my\\_shop\\_%`.* TO 'shop'@'localhost'" in caught.value.hint


class Scripted(Admin):
    """An administrator whose sessions are answered by a `Server`."""

    def __init__(self, server):
        super().__init__(Context("shop", "run1"), "shop", {})
        self._server = server

    def ask(self, database, *statements):
        return [tuple(self._server(one)) for one in statements]


def test_two_databases_are_renamed_in_one_transaction_behind_a_fence():
    server = Server({"SELECT 1": ("1",)})

    Scripted(server).rename(("shop", "shop_before"), ("shop_restore", "shop"))

    begin, end = server.told.index("BEGIN;"), server.told.index("COMMIT;")
    assert server.told[begin + 1 : begin + 3] == [
        'ALTER DATABASE "shop" RENAME TO "shop_before";',
        'ALTER DATABASE "shop_restore" RENAME TO "shop";',
    ]
    assert all("ALLOW_CONNECTIONS true" in one for one in server.told[begin + 3 : end])
    fence = [one for one in server.told[:begin] if "ALLOW_CONNECTIONS false" in one]
    assert len(fence) == 2
    assert sum("pg_terminate_backend" in one for one in server.told[:begin]) == 2


def test_a_rename_that_is_refused_three_times_is_given_up():
    no = ActionFailed("is being accessed by other users")
    server = Server({"RENAME": no, "SELECT 1": ("1",)})

    with pytest.raises(ActionFailed, match="accessed"):
        Scripted(server).rename(("a", "b"))

    assert server.told.count("BEGIN;") == 3


def test_no_door_says_what_to_allow():
    server = Server({"SELECT 1": ActionFailed("no pg_hba.conf entry")})

    with pytest.raises(ActionFailed, match="no pg_hba") as caught:
        Scripted(server).beside("SELECT 2;")

    assert "pg_hba.conf" in caught.value.hint


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "LC_CTYPE 'C'"),
        ({"datlocprovider": "i", "daticulocale": "de"}, "LOCALE_PROVIDER icu ICU_LOCALE 'de'"),
        ({"datlocprovider": "b", "datlocale": "C"}, "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C'"),
    ],
)
def test_a_copy_has_what_is_the_live_databases_own(more, words):
    own = {"owner": "shops", "space": "fast", "datconnlimit": 20, "datacl": ["…"]}
    described = {"charset": "UTF8", "datcollate": "C", "datctype": "C", **own, **more}
    settings = (json.dumps("TimeZone=it's"), json.dumps('search_path="a b", public'))
    grants = (json.dumps(["CONNECT", False, 'r"d', True]), json.dumps(["TEMP", True, "", False]))
    answers = {"row_to_json": (json.dumps(described),), "setconfig": settings, "SELECT 1": ("1",)}
    server = Server({**answers, "aclexplode": grants})

    Scripted(server).create("shop", "shop_restore")

    created, *set_to = [one for one in server.told if one.startswith(("CREATE", "ALTER"))]
    assert created.startswith("CREATE DATABASE \"shop_restore\" TEMPLATE template0 ENCODING 'UTF8'")
    assert words in created
    assert 'OWNER "shops" CONNECTION LIMIT 20 TABLESPACE "fast"' in created
    assert [one for one in server.told if one.startswith(("REVOKE", "GRANT"))] == [
        'REVOKE ALL ON DATABASE "shop_restore" FROM PUBLIC;',
        'GRANT CONNECT ON DATABASE "shop_restore" TO "r""d" WITH GRANT OPTION;',
        'GRANT TEMP ON DATABASE "shop_restore" TO PUBLIC;',
    ]
    assert set_to == [
        "ALTER DATABASE \"shop_restore\" SET \"TimeZone\" TO 'it''s';",
        'ALTER DATABASE "shop_restore" SET "search_path" TO "a b", public;',
    ]
