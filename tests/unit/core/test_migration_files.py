import pytest

from deployer.core.migration_files import migration_name, read_migration
from deployer.core.migrations import judged

DJANGO = """\
from django.db import migrations, models
{top}

class Migration(migrations.Migration):
    dependencies = []
    operations = {operations}
"""
ALEMBIC = '''\
"""add colour

Revision ID: 1a2b
"""
revision: str = "1a2b"
{top}

def upgrade():
    {body}
'''
BATCH = """\
with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.add_column(sa.Column('a', sa.Text()))
        batch_op.drop_column('b')
"""


def told(file: str, source: str) -> list[str]:
    return [one.words for one in judged([read_migration(file, source)])]


def django(operations: str, top: str = "") -> str:
    text = DJANGO.format(operations=operations, top=top)
    (words,) = told("src/catalog/migrations/0002_more.py", text)
    return words.removeprefix("catalog.0002_more ")


def alembic(body: str, top: str = "") -> str:
    (words,) = told("migrations/versions/1a2b_x.py", ALEMBIC.format(body=body, top=top))
    return words.removeprefix("1a2b `add colour` ")


@pytest.mark.parametrize(
    ("operations", "words"),
    [
        (
            "[migrations.AddField(model_name='Item', name='a', field=models.TextField(null=True))]",
            "(additive): adds column catalog_item.a that may be empty",
        ),
        (
            "(migrations.AddField('item', 'a', models.TextField(default='')),)",
            "(destructive): adds column catalog_item.a NOT NULL without a database default",
        ),
        (
            "[migrations.AddField('item', 'a', models.TextField(db_default=''))]",
            "(additive): adds column catalog_item.a with a default in the database",
        ),
        (
            "[migrations.AddField('item', 'a', models.ManyToManyField('x.Y'))]",
            "(additive): creates table catalog_item_a",
        ),
        ("[migrations.RemoveField('item', 'a')]", "(destructive): drops column catalog_item.a"),
        ("[migrations.DeleteModel(name='Item')]", "(destructive): drops table catalog_item"),
        ("[migrations.CreateModel('Item', [])]", "(additive): creates table catalog_item"),
        (
            "[migrations.RenameField('item', 'a', 'b')]",
            "(destructive): renames column catalog_item.a to b",
        ),
        (
            "[migrations.AlterField('item', 'a', models.TextField())]",
            "(additive): alters catalog_item.a (the host will tell)",
        ),
        (
            "[AddIndexConcurrently('item', models.Index(fields=['a'], name='i'))]",
            "(additive): adds index i on catalog_item",
        ),
        (
            "[migrations.AddConstraint('item', models.UniqueConstraint('a', name='u'))]",
            "(destructive): adds unique constraint u on catalog_item",
        ),
        ("[migrations.RunPython(x)]", "(destructive): runs Python of its own"),
        ("[migrations.AlterModelOptions('item', {})]", "(none): changes no table"),
        ("[migrations.RenameIndex()]", "(additive): runs RenameIndex (the host will tell)"),
        ("[made]", "(additive): runs Python of its own (the host will tell)"),
        ("made()", "(additive): runs code that makes operations (the host will tell)"),
    ],
)
def test_a_file_of_django_is_told_as_far_as_it_can_be(operations, words):
    assert django(operations) == words


def test_the_mark_of_an_author_counts_here_too():
    mark = "deployer = 'additive'"

    assert django("[migrations.RunSQL('x')]", mark) == (
        "(additive, marked additive): runs SQL of its own"
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "op.add_column('item', sa.Column('a', sa.Text()))",
            "(additive): adds column item.a that may be empty",
        ),
        (
            "op.add_column('item', sa.Column('a', sa.Text(), nullable=False))",
            "(destructive): adds column item.a NOT NULL without a database default",
        ),
        (
            BATCH,
            "(destructive): adds column item.a that may be empty, drops column item.b",
        ),
        ("op.create_table('item')\n    op.drop_table('other')", None),
        ("op.execute('DROP TABLE item')", "(destructive): runs SQL of its own"),
        ("op.alter_column('item', 'a')", "(additive): runs alter_column (the host will tell)"),
        ("x = 1", "(additive): runs Python of its own (the host will tell)"),
        ("pass", "(none): changes no table"),
    ],
)
def test_a_revision_of_alembic_is_told_as_far_as_it_can_be(body, words):
    assert alembic(body) == (words or "(destructive): creates table item, drops table other")


def test_a_file_that_is_no_python_is_left_to_the_host():
    words = told("catalog/migrations/0002_more.py", "def oops(:")

    assert words == ["catalog.0002_more (additive): cannot be read here (the host will tell)"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("catalog/migrations/0003_product_rating.py", "catalog.0003_product_rating"),
        ("src/shop/catalog/migrations/0001_initial.py", "catalog.0001_initial"),
        ("migrations/versions/1a2b_add.py", "migrations/versions/1a2b_add.py"),
    ],
)
def test_a_migration_is_called_as_its_framework_calls_it(file, name):
    assert migration_name(file) == name
