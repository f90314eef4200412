from collections.abc import Mapping

import pytest

from deployer.core.migrations import Migration, parse_pending
from tests.django_schemas import ProbeFailed, Project

NEEDED = "models.CharField(max_length=5, default='x')"
CASES = {
    # operations -> kind and words of the first change (with `catalog` for the label)
    "migrations.AddField('item', 'note', models.TextField(null=True))": (
        "additive",
        "adds column catalog_item.note that may be empty",
    ),
    f"migrations.AddField('item', 'note', {NEEDED})": (
        "destructive",
        "adds column catalog_item.note NOT NULL without a database default",
    ),
    "migrations.AddField('item', 'note', models.CharField(max_length=5, db_default='x'))": (
        "additive",
        "adds column catalog_item.note with a default in the database",
    ),
    "migrations.AddField('item', 'note', models.CharField(max_length=5, db_default='x', "
    "unique=True))": ("destructive", "adds unique column catalog_item.note with a default"),
    "migrations.AddField('item', 'tags', models.ManyToManyField('LABEL.tag'))": (
        "additive",
        "creates table catalog_item_tags",
    ),
    "migrations.AddField('item', 'tag', models.ForeignKey('LABEL.tag', "
    "django.db.models.deletion.CASCADE, null=True))": (
        "additive",
        "adds column catalog_item.tag_id that may be empty",
    ),
    "migrations.RemoveField('item', 'colour')": (
        "destructive",
        "drops column catalog_item.colour",
    ),
    "migrations.RenameField('item', 'colour', 'hue')": (
        "destructive",
        "renames column catalog_item.colour to hue",
    ),
    "migrations.AlterField('item', 'name', models.CharField(max_length=10))": (
        "destructive",
        "changes the type of catalog_item.name from varchar(20) to varchar(10)",
    ),
    "migrations.AlterField('item', 'name', models.CharField(max_length=40))": (
        "additive",
        "widens catalog_item.name from varchar(20) to varchar(40)",
    ),
    "migrations.AlterField('item', 'name', models.TextField())": (
        "additive",
        "widens catalog_item.name from varchar(20) to text",
    ),
    "migrations.AlterField('item', 'count', models.TextField())": (
        "destructive",
        "changes the type of catalog_item.count from integer to text",
    ),
    "migrations.AlterField('item', 'count', models.BigIntegerField(default=0))": (
        "additive",
        "widens catalog_item.count from integer to bigint",
    ),
    "migrations.AlterField('item', 'count', models.IntegerField(default=7))": ("none", ""),
    "migrations.AlterField('item', 'count', models.IntegerField(default=0, null=True))": (
        "additive",
        "lets catalog_item.count be empty",
    ),
    "migrations.AlterField('item', 'count', models.IntegerField(default=0, db_index=True))": (
        "additive",
        "adds index of count on catalog_item",
    ),
    "migrations.AlterField('item', 'colour', models.CharField(max_length=20, default=''))": (
        "destructive",
        "makes catalog_item.colour NOT NULL",
    ),
    "migrations.AlterField('item', 'name', models.CharField(max_length=20, unique=True))": (
        "destructive",
        "makes catalog_item.name unique",
    ),
    "migrations.AlterField('item', 'slug', models.SlugField())": (
        "additive",
        "loosens catalog_item.slug",
    ),
    "migrations.AlterField('item', 'code', models.CharField(max_length=9))": (
        "destructive",
        "takes the database default from catalog_item.code",
    ),
    "migrations.AlterField('item', 'name', models.CharField(max_length=20, db_column='n'))": (
        "destructive",
        "renames column catalog_item.name to n",
    ),
    "migrations.CreateModel('Other', [('id', models.BigAutoField(primary_key=True))])": (
        "additive",
        "creates table catalog_other",
    ),
    "migrations.DeleteModel('Tag')": ("destructive", "drops table catalog_tag"),
    "migrations.RenameModel('Tag', 'Label')": (
        "destructive",
        "renames table catalog_tag to catalog_label",
    ),
    "migrations.AlterModelTable('Tag', 'label')": (
        "destructive",
        "renames table catalog_tag to label",
    ),
    "migrations.AlterModelOptions('Tag', {'ordering': ['id']})": ("none", ""),
    "migrations.AddIndex('item', models.Index(fields=['colour'], name='LABEL_more'))": (
        "additive",
        "adds index catalog_more on catalog_item",
    ),
    "migrations.RemoveIndex('item', 'LABEL_by_name')": (
        "additive",
        "drops index catalog_by_name of catalog_item",
    ),
    "migrations.RenameIndex('item', new_name='LABEL_new', old_name='LABEL_by_name')": ("none", ""),
    "migrations.AddConstraint('item', models.CheckConstraint(condition=models.Q(count__gte=0), "
    "name='LABEL_positive'))": (
        "destructive",
        "adds check constraint catalog_positive on catalog_item",
    ),
    "migrations.RemoveConstraint('item', 'LABEL_once')": (
        "additive",
        "drops constraint catalog_once of catalog_item",
    ),
    "migrations.AlterUniqueTogether('item', {('name', 'count')})": (
        "destructive",
        "adds unique constraint of (name, count) on catalog_item",
    ),
    "migrations.AlterOrderWithRespectTo('item', 'colour')": (
        "destructive",
        "adds column catalog_item._order NOT NULL without a database default",
    ),
    "migrations.RunPython(change)": ("destructive", "runs Python: change"),
    "migrations.RunPython(migrations.RunPython.noop)": ("none", ""),
    "migrations.RunSQL('DROP  TABLE LABEL_tag')": (
        "destructive",
        "runs SQL: DROP TABLE catalog_tag",
    ),
    "migrations.RunSQL(migrations.RunSQL.noop)": ("none", ""),
    "migrations.SeparateDatabaseAndState([], [migrations.RemoveField('item', 'colour')])": (
        "none",
        "",
    ),
    "migrations.SeparateDatabaseAndState([migrations.RemoveField('item', 'colour')])": (
        "destructive",
        "drops column catalog_item.colour",
    ),
    "Own('item', 'note', models.TextField(null=True))": (
        "destructive",
        "runs Own of catalog.migrations.0002_change",
    ),
    # what a pending migration has made is nothing to the code that runs now
    "migrations.CreateModel('Other', [('id', models.BigAutoField(primary_key=True))]),\n"
    f"migrations.AddField('other', 'note', {NEEDED}),\n"
    "migrations.AddConstraint('other', models.UniqueConstraint(fields=['note'], "
    "name='LABEL_two')),\nmigrations.RenameModel('Other', 'Third')": (
        "additive",
        "creates table catalog_other",
    ),
    "migrations.AddField('item', 'note', models.TextField(null=True)),\n"
    "migrations.RenameField('item', 'note', 'text')": (
        "additive",
        "adds column catalog_item.note that may be empty",
    ),
    "migrations.AddField('item', 'note', models.TextField(null=True)),\n"
    "migrations.AlterField('item', 'note', models.TextField())": (
        "destructive",
        "adds column catalog_item.note that may be empty",
    ),
}
LABELS = {f"case{number:02d}": operations for number, operations in enumerate(CASES)}


@pytest.fixture(scope="module")
def migrations(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Migration]:
    project = Project(tmp_path_factory.mktemp("django"), tuple(LABELS))
    project.migrate()
    for label, operations in LABELS.items():
        project.add("0002_change", operations.replace("LABEL", label), label)
    return {one.name: one for one in parse_pending(project.probe()).migrations}


@pytest.mark.parametrize("label", LABELS, ids=list(CASES))
def test_an_operation_of_django_is_judged_by_what_the_running_code_would_meet(label, migrations):
    kind, words = CASES[LABELS[label]]

    found = migrations[f"{label}.0002_change"]

    told = found.changes[0].words.replace(label, "catalog") if found.changes else ""
    assert (str(found.kind), told) == (kind, words)
    assert bool(found.reason) == (kind == "destructive")
    assert found.atomic


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)


def test_on_an_empty_database_nothing_can_break(project):
    project.add("0002_change", "migrations.RemoveField('item', 'colour')")

    pending = parse_pending(project.probe())

    assert (pending.first, str(pending.kind)) == (True, "additive")
    assert pending.names == ("catalog.0001_initial", "catalog.0002_change")


def test_with_nothing_pending_there_is_nothing(project):
    project.migrate()

    pending = parse_pending(project.probe())

    assert (str(pending.kind), pending.names, pending.vendor) == ("none", (), "sqlite")


def test_an_author_vouches_for_what_nobody_can_tell_but_not_for_what_breaks(project):
    project.migrate()
    mark = "deployer = 'additive'  # fills a column that nobody reads yet"
    project.add("0002_fill", "migrations.RunPython(change)", more=mark)
    project.add("0003_drop", "migrations.RemoveField('item', 'colour')", more=mark)
    project.add("0004_mean", "migrations.RunPython(change)", more="deployer = 'destructive'")

    found = parse_pending(project.probe()).migrations

    assert [str(one.kind) for one in found] == ["additive", "destructive", "destructive"]


def test_a_migration_that_is_not_atomic_is_told(project):
    project.migrate()
    project.add("0002_slow", "migrations.RunPython(change)")
    file = project.folder / "catalog/migrations/0002_slow.py"
    file.write_text(file.read_text() + "    atomic = False\n")

    assert [one.atomic for one in parse_pending(project.probe()).migrations] == [False]


def test_applied_migrations_that_the_code_does_not_know_are_named(project):
    project.add("0002_change", "migrations.DeleteModel('Tag')")
    project.migrate()
    (project.folder / "catalog/migrations/0002_change.py").unlink()

    assert parse_pending(project.probe()).strangers == ("catalog.0002_change",)


def test_models_that_were_changed_without_a_migration_are_named(project):
    model = "from django.db import models\n\n\nclass Tag(models.Model):\n    pass\n"
    project.migrate()
    (project.folder / "catalog/models.py").write_text(model)

    assert "catalog: Delete model Item" in parse_pending(project.probe()).unmade


def test_migrations_that_conflict_are_refused_before_anything_is_touched(project):
    project.add("0002_one", "migrations.DeleteModel('Tag')")
    project._last["catalog"] = "0001_initial"
    project.add("0002_two", "migrations.AlterModelOptions('Tag', {})")

    with pytest.raises(ProbeFailed, match="0002_one, 0002_two all come last"):
        project.probe()
