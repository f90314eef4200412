import ast
import subprocess
import sys

import pytest

from deployer.core.ports import Framework
from tests.shop_values import inventory

PYTHON = "/srv/shop/releases/r/venv/bin/python"
DJANGO = {"kind": "django", "settings": "shop.settings"}
FLASK = {"kind": "flask", "app": "shop:create_app()"}


def framework(described: object) -> Framework:
    return inventory({"framework": described}).app.framework


def shown(command: object) -> str | None:
    return None if command is None else str(command)


@pytest.mark.parametrize(
    ("described", "env", "migrate", "collect", "checks"),
    [
        (
            DJANGO,
            (("DJANGO_SETTINGS_MODULE", "shop.settings"),),
            f"{PYTHON} manage.py migrate --noinput",
            f"{PYTHON} -",
            [],
        ),
        (
            {**DJANGO, "manage": "src/manage.py", "migrate": False, "collect_static": False},
            (("DJANGO_SETTINGS_MODULE", "shop.settings"),),
            None,
            None,
            [],
        ),
        (FLASK, (("FLASK_APP", "shop:create_app()"),), None, None, []),
        (
            {**FLASK, "migrate": True},
            (("FLASK_APP", "shop:create_app()"),),
            f"{PYTHON} -m flask db upgrade",
            None,
            [],
        ),
        ("custom", (), None, None, []),
        (
            {
                "kind": "custom",
                "check": ["./check"],
                "migrate": ["venv/bin/alembic", "upgrade", "head"],
                "collect_static": ["make", "static files"],
            },
            (),
            "venv/bin/alembic upgrade head",
            "make 'static files'",
            ["./check"],
        ),
    ],
)
def test_each_framework_says_its_commands(described, env, migrate, collect, checks):
    made = framework(described)

    assert made.env == env
    assert shown(made.migrate(PYTHON)) == migrate
    assert shown(made.collect_static(PYTHON)) == collect
    assert [str(one) for one in made.checks(PYTHON)] == checks


@pytest.mark.parametrize(
    "described",
    [
        DJANGO,
        FLASK,
        {**FLASK, "migrate": True},
        "custom",
        {"kind": "custom", "pending": ["./pending", "it's"]},
    ],
)
def test_what_runs_on_hosts_is_python_that_compiles(described):
    made = framework(described)

    compile(made.probe, "probe", "exec")
    compile(made.collect_script, "collect", "exec")


def test_a_server_is_loaded_by_python_that_compiles():
    server = inventory().app.app_server

    compile(server.probe, "probe", "exec")
    assert "'shop.wsgi:application'" in server.probe
    assert "MODULE" not in server.probe.replace("DJANGO_SETTINGS_MODULE", "")


def rehearse(words: list[str], leader: str) -> subprocess.CompletedProcess[str]:
    probe = framework({"kind": "custom", "pending": words}).probe
    script = f"leader = {leader}\nreport = {{}}\n{probe}\nprint(report)"
    return subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=False
    )


def test_each_printed_line_is_a_pending_migration_with_what_is_said_of_it():
    lines = "print('one'); print(); print(' two additive'); print('three destructive drops it')"
    ended = rehearse([sys.executable, "-S", "-c", lines], "True")

    assert ast.literal_eval(ended.stdout)["migrations"]["pending"] == [
        {"name": "one", "changes": [{"do": "unknown", "what": "is not described"}]},
        {
            "name": "two",
            "changes": [{"do": "unknown", "what": "is not described"}],
            "marked": "additive",
        },
        {
            "name": "three",
            "changes": [{"do": "unknown", "what": "drops it"}],
            "marked": "destructive",
        },
    ]


def test_a_command_for_pending_migrations_that_fails_is_no_empty_answer():
    ended = rehearse([sys.executable, "-S", "-c", "raise SystemExit('no database')"], "True")

    assert ended.returncode == 1
    assert "`pending` ended with exit code 1: no database" in ended.stderr


def test_only_the_leader_asks_for_pending_migrations():
    assert rehearse(["/does/not/exist"], "False").stdout == "{}\n"
