from deployer.core.actions.releases import Prune as RemoveOld
from deployer.steps.prune import Prune
from tests.shop_values import facts, target


def test_old_releases_and_backups_go_by_the_inventorys_rules():
    assert Prune().do(target(), facts()) == (
        RemoveOld(
            app="shop",
            keep_releases=5,
            backups_folder="/opt/backups",
            backup_days=7.0,
            backups_at_least=3,
        ),
    )


def test_what_is_gone_is_not_undone():
    assert Prune().undo(target(), facts()) == ()
    assert Prune().facts(target()) == ()
