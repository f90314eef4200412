import json
import sys
import threading

import pytest

from deployer.agent.actions import migrations
from deployer.agent.context import ActionFailed, Context
from deployer.agent.schema.schema_ledger import read_ledger

RELEASE = "000002-1a2b3c4"
READS = "import json, os; print(open('applied').read().strip())\n"
DROPS = "drops column t.c: the old code names it"


@pytest.fixture
def told():
    return []


@pytest.fixture
def ctx(tmp_path, told):
    (tmp_path / "var/lib/deployer/shop").mkdir(parents=True)
    (tmp_path / "app").mkdir()
    return Context("shop", "run1", root=tmp_path, emit=told.append)


def wish(program: str, *pending: object, script: str = READS, **more: object) -> dict[str, object]:
    return {
        "migrate": ["/bin/sh", "-c", program],
        "command": [sys.executable, "-S", "-"],
        "script": script,
        "folder": "/app",
        "release": RELEASE,
        "pending": list(pending),
        "vendor": "postgresql",
        "hint": "mend it",
        **more,
    }


def one(name: str, breaks: str = "", *, atomic: bool = True) -> dict[str, object]:
    return {"name": name, "breaks": breaks, "atomic": atomic}


def writes(*names: str, then: str = "true") -> str:
    return f"echo '{json.dumps({'applied': names})}' > applied; {then}"


def notices(told: list[dict[str, object]]) -> list[object]:
    return [event["text"] for event in told if event["event"] == "notice"]


def test_what_is_applied_afterwards_is_read_back_and_kept(ctx):
    migrations.apply_migrations(ctx, wish(writes("a.1"), one("a.1", DROPS)))

    assert ctx.note == f"a.1 applied; the old code fits: no, because a.1 {DROPS}"
    (entry,) = read_ledger(ctx.state_folder)
    assert (entry["run"], entry["release"], entry["fits"]) == ("run1", RELEASE, "no")
    assert entry["applied"] == [{"name": "a.1", "breaks": DROPS, "atomic": True}]


def test_a_program_that_says_well_without_doing_it_is_not_believed(ctx):
    migrations.apply_migrations(ctx, wish(writes(), one("a.1")))

    assert ctx.note == "a.1 not applied; the old code fits: yes"


def test_a_failure_half_way_says_what_is_applied_and_the_run_says_it_again(ctx, told):
    program = writes("a.1", then="exit 1")
    sentence = (
        "database: a.1 applied, a.2 failed and was rolled back by PostgreSQL, a.3 not begun; "
        "the old code fits: yes"
    )

    with pytest.raises(ActionFailed) as caught:
        migrations.apply_migrations(ctx, wish(program, one("a.1"), one("a.2"), one("a.3")))
    migrations.settle_schema(ctx, {})

    assert caught.value.cause.endswith(f"ended with exit code 1; {sentence}")
    assert caught.value.hint == "mend it"
    assert notices(told) == [sentence]


@pytest.mark.parametrize(
    ("printed", "hint"),
    [
        ("canceling statement due to lock timeout", "lock_timeout"),
        ("canceling statement due to statement timeout", "timeout"),
        ("database is locked", "SQLite"),
    ],
)
def test_a_wait_that_was_cut_short_has_a_clear_cause(ctx, printed, hint):
    program = writes(then=f"echo 'db.Error: {printed}' >&2; exit 1")

    with pytest.raises(ActionFailed) as caught:
        migrations.apply_migrations(ctx, wish(program, one("a.1")))

    assert hint in caught.value.hint
    assert printed in caught.value.log[-1]


def test_a_cancelled_migration_is_looked_after_all_the_same(ctx):
    ctx.cancelled = threading.Event()
    ctx.cancelled.set()
    ctx.path("/app/applied").write_text('{"applied": []}')

    with pytest.raises(ActionFailed) as caught:
        migrations.apply_migrations(ctx, wish("exec tail -f /dev/null", one("a.1")))

    assert caught.value.cause == (
        "cancelled; database: a.1 failed and was rolled back by PostgreSQL; the old code fits: yes"
    )


def test_after_a_crash_the_database_is_asked_on_the_way_back(ctx, told):
    ctx.path("/app/applied").write_text('{"applied": ["a.1"], "left": 0}')
    migrations._save(ctx, wish("true", one("a.1"), one("a.2", DROPS, atomic=False)))

    migrations.settle_schema(ctx, {})
    migrations.settle_schema(ctx, {})

    assert set(notices(told)) == {
        (
            "database: a.1 applied, a.2 was cut off or not begun, and may be half applied "
            f"(it is not atomic); the old code fits: unknown, because a.2 {DROPS}"
        )
    }
    assert len(read_ledger(ctx.state_folder)) == 1


def test_a_run_that_never_began_to_migrate_says_nothing(ctx, told):
    assert migrations.settle_schema(ctx, {}) is False
    assert (told, read_ledger(ctx.state_folder)) == ([], [])


def test_nothing_is_begun_while_an_earlier_migration_is_still_at_work(ctx):
    script = "import json; print(json.dumps({'applied': [], 'left': 1}))"
    with pytest.raises(ActionFailed):
        migrations.apply_migrations(ctx, wish("exit 1", one("a.1"), script=script))
    later = Context("shop", "run2", root=ctx.root)

    with pytest.raises(ActionFailed) as caught:
        migrations.apply_migrations(later, wish("touch ran", one("a.1"), script=script))

    assert caught.value.cause == (
        "a migration of the earlier run `run1` is still at work in the database"
    )
    assert "deployer run1" in caught.value.hint
    assert not ctx.path("/app/ran").exists()


def test_the_session_is_named_after_the_run_and_limited(ctx):
    program = 'echo "$PGAPPNAME/$PGOPTIONS" > session'
    env = [["PGOPTIONS", "-c a=1"]]

    migrations.apply_migrations(ctx, wish(program, options="-c lock_timeout=5", env=env))

    assert ctx.path("/app/session").read_text() == "deployer run1/-c a=1 -c lock_timeout=5\n"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("raise SystemExit('no route')", "ended with exit code 1: no route"),
        ("print('[]')", "the answer cannot be read"),
        ("print('x')", "the answer cannot be read"),
        ("print('[' * 100_000)", "the answer cannot be read"),
    ],
)
def test_a_release_that_cannot_say_what_it_knows_is_an_answer_too(ctx, script, error):
    action = {"command": [sys.executable, "-S", "-"], "script": script, "keep": "schema"}

    migrations.ask(ctx, action)

    assert ctx.results["schema"] == {"applied": None, "strangers": (), "left": 0, "error": error}


def test_a_damaged_ledger_is_an_empty_one(ctx):
    for content in (b"", b"[]", b'{"runs": 1}', b"\xff"):
        (ctx.state_folder / "schema.json").write_bytes(content)
        assert read_ledger(ctx.state_folder) == []
