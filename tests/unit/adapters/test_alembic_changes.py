import runpy
import textwrap
from importlib.resources import files
from types import ModuleType

import pytest

from deployer.core.migrations import parse_pending
from tests.flask_schemas import Project

ASKS = """\
for row in op.get_bind().execute(sa.text("SELECT 1")):
    pass
"""
SESSION = """\
from blog import db
db.session.execute(sa.text("DELETE FROM item"))
db.session.commit()
"""
BATCH = """\
with op.batch_alter_table("item") as batch_op:
    batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
    batch_op.alter_column("name", existing_type=sa.String(20), type_=sa.String(10))
    batch_op.create_unique_constraint("once", ["name"])
"""
APART = """\
with op.get_context().autocommit_block():
    op.create_index("more", "item", ["colour"], postgresql_concurrently=True)
"""
FILLED = """\
made = op.create_table("tag", sa.Column("id", sa.Integer(), primary_key=True))
op.bulk_insert(made, [{"id": 1}])
op.add_column("tag", sa.Column("name", sa.Text(), nullable=False))
op.create_check_constraint("few", "tag", "id < 9")
"""
CASES = {
    'op.add_column("item", sa.Column("note", sa.Text()))': (
        "additive",
        "adds column item.note that may be empty",
    ),
    'op.add_column("item", sa.Column("note", sa.Text(), nullable=False))': (
        "destructive",
        "adds column item.note NOT NULL without a database default",
    ),
    'op.add_column("item", sa.Column("n", sa.Integer(), nullable=False, server_default="0"))': (
        "additive",
        "adds column item.n with a default in the database",
    ),
    'op.drop_column("item", "colour")': ("destructive", "drops column item.colour"),
    'op.alter_column("item", "colour", new_column_name="hue")': (
        "destructive",
        "renames column item.colour to hue",
    ),
    'op.alter_column("item", "colour", nullable=False)': (
        "destructive",
        "makes item.colour NOT NULL",
    ),
    'op.alter_column("item", "name", nullable=True)': ("additive", "lets item.name be empty"),
    'op.alter_column("item", "name", type_=sa.Text())': (
        "additive",
        "widens item.name from varchar(20) to text",
    ),
    'op.drop_table("item")': ("destructive", "drops table item"),
    'op.rename_table("item", "thing")': ("destructive", "renames table item to thing"),
    'op.drop_index("by_name", "item")': ("additive", "drops index by_name of item"),
    'op.create_index("more", "item", ["colour"])': ("additive", "adds index more on item"),
    'op.create_index("more", "item", ["colour"], unique=True)': (
        "destructive",
        "adds unique constraint more on item",
    ),
    'op.execute("DELETE FROM  item")': ("destructive", "runs SQL: DELETE FROM item"),
    "pass": ("none", ""),
    ASKS: ("destructive", "runs Python that needs the database (RuntimeError)"),
    SESSION: ("destructive", "runs Python that needs the database (RuntimeError)"),
    BATCH: (
        "destructive",
        (
            "adds column item.note that may be empty; "
            "changes the type of item.name from varchar(20) to varchar(10); "
            "adds unique constraint once on item"
        ),
    ),
    APART: ("additive", "adds index more on item"),
    FILLED: (
        "additive",
        (
            "creates table tag; adds rows to tag; "
            "adds column tag.name NOT NULL without a database default; "
            "adds check constraint few on tag"
        ),
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("flask"))
    made.flask("db", "upgrade")
    return made


@pytest.fixture(scope="module")
def judged(project: Project) -> dict[str, tuple[str, str]]:
    for number, body in enumerate(CASES):
        # Each on the schema as it is: a revision that is looked at changes nothing.
        project.add(f"b{number:03d}", body, f"case {number}")
    found = parse_pending(project.probe()).migrations
    return {
        one.name: (str(one.kind), "; ".join(change.words for change in one.changes))
        for one in found
    }


@pytest.mark.parametrize("body", CASES)
def test_an_operation_of_alembic_is_judged_by_what_the_running_code_would_meet(body, judged):
    number = list(CASES).index(body)

    assert judged[f"b{number:03d}"] == CASES[body]


def test_to_look_at_a_revision_changes_no_row(project, judged):
    project.python("db.session.execute(db.text(\"INSERT INTO item (name) VALUES ('a')\"))")
    project.probe()

    count = project.python("print(db.session.execute(db.text('SELECT count(*) FROM item')).one())")

    assert (len(judged), count) == (len(CASES), "(1,)\n")


@pytest.mark.parametrize(("body", "commits"), [(APART, True), (BATCH, False)])
def test_a_revision_that_commits_by_itself_is_not_atomic(tmp_path, body, commits):
    probe = runpy.run_path(f"{files('deployer.adapters.probes')}/alembic_changes_probe.py")
    file = tmp_path / "revision.py"
    file.write_text("def upgrade():\n" + textwrap.indent(body, "    "))
    module = ModuleType("revision")
    module.__file__ = str(file)

    assert probe["_commits"](module) is commits


def test_on_an_empty_database_nothing_can_break(tmp_path):
    made = Project(tmp_path)
    made.add("bbbb", 'op.drop_column("item", "colour")', "drop colour", "deployer = 'additive'")

    pending = parse_pending(made.probe())

    assert (pending.first, pending.names) == (True, ("aaaa", "bbbb"))
    assert [(one.title, one.marked, one.atomic) for one in pending.migrations] == [
        ("first", "", False),
        ("drop colour", "additive", False),
    ]
