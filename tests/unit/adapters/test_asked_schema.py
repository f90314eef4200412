from tests import django_schemas, flask_schemas


def test_a_django_release_says_what_is_applied_and_what_it_does_not_know(tmp_path):
    project = django_schemas.Project(tmp_path)
    project.add("0002_tag", "migrations.DeleteModel('Tag')")
    project.migrate("catalog", "0001")
    before = project.asked()
    project.migrate()
    (tmp_path / "catalog/migrations/0002_tag.py").unlink()

    after = project.asked()

    assert before["applied"] == ["catalog.0001_initial"]
    assert (before["strangers"], before["left"], before["vendor"]) == ([], 0, "sqlite")
    assert after["applied"] == ["catalog.0001_initial", "catalog.0002_tag"]
    assert after["strangers"] == ["catalog.0002_tag"]


def test_a_flask_release_says_what_is_applied_and_what_it_does_not_know(tmp_path):
    project = flask_schemas.Project(tmp_path)
    project.add("bbbb", 'op.drop_column("item", "colour")')
    empty = project.asked()
    project.flask("db", "upgrade")
    full = project.asked()
    (tmp_path / "migrations/versions/bbbb.py").unlink()

    older = project.asked()

    assert (empty["applied"], empty["strangers"]) == ([], [])
    assert full["applied"] == ["bbbb", "aaaa"]
    assert (older["applied"], older["strangers"]) == (None, ["bbbb"])
