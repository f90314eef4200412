import pytest

from deployer.core.actions.backups import DumpPostgres, DumpSqlite
from deployer.core.actions.restoring import (
    CheckBackup,
    DropBeside,
    RehearseRestore,
    Restoration,
    RestoreBeside,
    SwapBack,
    SwapRestored,
)
from deployer.core.actions.units import Pause, Resume
from deployer.core.health import judge
from deployer.core.restoring import Choice
from deployer.core.step import Phase, Scope, Skip
from deployer.recipes.restore import restore, restore_test
from deployer.steps import (
    check_backup,
    pause,
    rehearse_restore,
    restore_beside,
    resume,
    swap_restored,
)
from deployer.steps.check_live import CheckLive
from tests.shop_values import FIRST, OLD, facts, target

NAME = "shop_20261125_180000-3"
DUMP = DumpPostgres(
    "shop", (f"/srv/shop/releases/{OLD}/config/database.env",), "DEPLOYER_DATABASE_URL"
)
UNITS = ("shop@blue.service", "shop@green.service")
DATABASE = Choice(NAME, database=True)
WHAT = Restoration("/opt/backups", "shop", NAME, (DUMP,))
SQLITE = {"database": {"kind": "sqlite", "path": "db.sqlite3"}}


def test_the_recipe_saves_and_compares_before_it_stops_anything():
    steps = [(one.phase, one.name, one.scope) for one in restore(DATABASE)]

    assert steps == [
        (Phase.PREPARE, "preflight", Scope.EACH),
        (Phase.PREPARE, "check_backup", Scope.ONCE),
        (Phase.PREPARE, "backup", Scope.EACH),
        (Phase.BUILD, "restore_beside", Scope.ONCE),
        (Phase.PUBLISH, "pause", Scope.EACH),
        (Phase.PUBLISH, "swap", Scope.ONCE),
        (Phase.PUBLISH, "resume", Scope.EACH),
        (Phase.VERIFY, "check_health", Scope.EACH),
    ]
    assert [one.name for one in restore_test(DATABASE)] == ["restore_test"]


def test_each_step_names_the_backup_and_its_parts():
    on, known = target(), facts()

    assert check_backup.CheckBackup(DATABASE).do(on, known) == (CheckBackup(WHAT),)
    assert restore_beside.RestoreBeside(DATABASE).do(on, known) == (RestoreBeside(WHAT),)
    assert swap_restored.SwapRestored(DATABASE).do(on, known) == (SwapRestored(WHAT),)
    assert rehearse_restore.RehearseRestore(DATABASE).do(on, known) == (RehearseRestore(WHAT),)
    assert pause.Pause().do(on, known) == (Pause(UNITS),)
    assert resume.Resume().do(on, known) == (Resume(UNITS[0], timeout=60.0),)


def test_the_swap_is_undone_with_the_app_stopped_and_the_copy_is_removed():
    on, known = target(), facts()

    assert swap_restored.SwapRestored(DATABASE).undo(on, known) == (Pause(UNITS), SwapBack(WHAT))
    assert restore_beside.RestoreBeside(DATABASE).undo(on, known) == (DropBeside(WHAT),)
    for step in (check_backup.CheckBackup(DATABASE), pause.Pause(), resume.Resume(), CheckLive()):
        assert step.undo(on, known) == ()


def test_the_live_release_is_asked_for_its_health_as_after_a_deploy():
    on = target()

    assert CheckLive().do(on, facts()) == (judge(on.app, OLD, "blue", settle=on.app.health.settle),)


@pytest.mark.parametrize("shared", [True, False])
def test_an_sqlite_file_goes_along_with_the_shared_folder(shared):
    choice = Choice(NAME, database=not shared, shared=shared)
    path = "/srv/shop/shared/db.sqlite3"
    dumps = () if shared else (DumpSqlite(path),)
    folder = "/srv/shop/shared" if shared else ""

    work = restore_beside.RestoreBeside(choice).do(target(SQLITE), facts())

    what = Restoration("/opt/backups", "shop", NAME, dumps, folder, path)
    assert work == (RestoreBeside(what),)


def test_before_the_first_release_nothing_can_be_tested():
    work = rehearse_restore.RehearseRestore(DATABASE).do(target(), facts(FIRST))

    assert isinstance(work, Skip)
