import pytest

from deployer.agent.actions import backup_copies, backups
from deployer.agent.backups.backup_record import opened
from deployer.agent.context import ActionFailed, Context
from tests.unit.agent.test_actions_backups import wish

PLACE = "/opt/backups"


@pytest.fixture
def ctx(tmp_path):
    folder = tmp_path / "srv/shop/releases/000001-1a2b3c4/config"
    folder.mkdir(parents=True)
    (folder / "app.env").write_text("A=1")
    made = Context("shop", "run1", root=tmp_path)
    backups.backup(made, wish())
    return made


def copying(ctx, *words):
    way = {"kind": "CopyByCommand", "words": list(words)}
    return backup_copies.copy(ctx, {"folder": PLACE, "way": way, "timeout": 20.0})


def test_a_program_that_others_than_root_can_change_is_refused(ctx, tmp_path):
    program = tmp_path / "carry"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o777)

    with pytest.raises(ActionFailed, match="is not run as root"):
        copying(ctx, str(program))


def test_what_could_not_be_copied_stays_due(ctx):
    with pytest.raises(ActionFailed, match="there is no program"):
        copying(ctx, "/usr/sbin/no-such-program")

    (backup,) = ctx.path(PLACE).iterdir()
    assert "copied_to" not in opened(backup)


def test_pinned_keys_are_all_that_ssh_believes(tmp_path):
    way = {
        "kind": "CopyByRsync",
        "target": "backup@vault.example.org:/srv",
        "port": 2222,
        "identity": "/root/.ssh/key",
        "host_keys": ["ssh-ed25519 AAAA"],
    }

    shell = backup_copies._shell(way, tmp_path)

    pinned = (tmp_path / "known_hosts").read_text()
    assert pinned == "[vault.example.org]:2222 ssh-ed25519 AAAA\n"
    assert "StrictHostKeyChecking=yes" in shell
    assert f"UserKnownHostsFile={tmp_path}/known_hosts" in shell
    assert "GlobalKnownHostsFile=/dev/null" in shell
