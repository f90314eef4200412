from deployer.core.actions.backups import CopyBackups, CopyByCommand, CopyByRsync
from deployer.core.step import Phase, Skip
from deployer.steps.copy_backup import CopyBackup
from tests.shop_values import facts, target


def copying(**way: object):
    return CopyBackup().do(target(rest={"backup": {"copy": way}}), facts())


def test_backups_go_to_another_machine_by_rsync():
    do = copying(kind="rsync", target="backup@vault.example.org:/srv/vault", port=2222)

    key = "/root/.ssh/id_ed25519"
    way = CopyByRsync("backup@vault.example.org:/srv/vault", 2222, key, ())
    assert do == (CopyBackups("/opt/backups", way, 3600.0),)


def test_backups_go_to_another_machine_by_a_program():
    do = copying(kind="command", words=["/usr/local/sbin/carry", "{backup}"], timeout="2h")

    way = CopyByCommand(("/usr/local/sbin/carry", "{backup}"))
    assert do == (CopyBackups("/opt/backups", way, 7200.0),)


def test_without_a_place_the_step_says_where_the_only_copy_is():
    assert isinstance(CopyBackup().do(target(), facts()), Skip)


def test_a_failure_warns_after_a_deploy_and_fails_a_backup_by_hand():
    assert CopyBackup().phase is Phase.FINISH
    assert CopyBackup(by_hand=True).phase is Phase.BUILD


def test_copies_are_not_undone():
    assert CopyBackup().undo(target(), facts()) == ()
