"""Revisions of Flask-Migrate on a real host: told before, refused, applied, and told after."""

import subprocess
from collections.abc import Iterator
from textwrap import indent

import pytest

from deployer.lab.lab import Lab
from tests.apps import App, blog, commit
from tests.flask_schemas import REVISION
from tests.lab.outside import live
from tests.lab.project import Project

ADDS = 'op.add_column("item", sa.Column("note", sa.String(20)))'
DROPS = """\
with op.batch_alter_table("item") as item:
    item.drop_column("note")"""


@pytest.fixture(scope="module")
def project(spare_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    (host,) = spare_lab.add(1)
    folder = tmp_path_factory.mktemp("blog")
    made = Project(folder / "project", (host,), blog(folder / "app"))
    made.must("setup")
    made.must("deploy")
    insert = "INSERT INTO item (name) VALUES ('kept')"
    done = host.run(f'sqlite3 /srv/blog/shared/db.sqlite3 "{insert}"')
    assert done.returncode == 0, done.stderr
    yield made
    spare_lab.remove(host)


def revised(app: App, name: str, before: str, body: str) -> str:
    """Commit one more revision of the schema."""
    text = REVISION.format(name=name, before=before, title="", body=indent(body, "    "), more="")
    return commit(app, f"Change the schema: {name}", {f"migrations/versions/{name}.py": text})


def told(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def test_the_first_deploy_builds_the_schema_and_serves_it(project: Project) -> None:
    assert project.get("/items") == (200, '{"names":["kept"]}\n')


def test_an_additive_revision_is_listed_and_applied(project: Project) -> None:
    new = revised(project.app, "bbbb", "aaaa", ADDS)

    plan = project.inv("plan", "--revision", new)
    done = project.inv("deploy", "--revision", new)

    assert plan.returncode == 3, told(plan)
    assert done.returncode == 0, told(done)
    assert "pending bbbb (additive): adds column item.note" in done.stdout
    assert "bbbb applied; the old code fits: yes" in done.stdout
    assert project.get("/items") == (200, '{"names":["kept"]}\n')


def test_a_destructive_revision_needs_a_word(project: Project) -> None:
    (host,) = project.hosts
    before = live(host, "blog")
    new = revised(project.app, "cccc", "bbbb", DROPS)

    refused = project.inv("deploy", "--revision", new)
    stayed = live(host, "blog")
    done = project.inv("deploy", "--revision", new, "--allow-destructive")

    assert refused.returncode == 9, told(refused)
    assert "cccc" in told(refused)
    assert "--allow-destructive" in told(refused)
    assert stayed == before
    assert done.returncode == 0, told(done)
    assert project.get("/items") == (200, '{"names":["kept"]}\n')
