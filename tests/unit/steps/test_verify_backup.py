from deployer.core.actions.backups import VerifyBackups
from deployer.steps.verify_backup import VerifyBackup
from tests.shop_values import facts, target


def test_the_new_backup_is_read_again():
    assert VerifyBackup().do(target(), facts()) == (VerifyBackups("/opt/backups"),)
    assert VerifyBackup().facts(target()) == ()
    assert VerifyBackup().undo(target(), facts()) == ()
