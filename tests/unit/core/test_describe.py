import dataclasses
from typing import get_args

import pytest

from deployer.core import action as actions
from deployer.core.action import (
    Action,
    Backup,
    DumpMysql,
    DumpPostgres,
    DumpSqlite,
    Probe,
    SharedFiles,
)
from deployer.core.command import command
from deployer.core.describe import describe

OLD = "000001-aaaaaaa"
PLACE = "/opt/backups"
RESTORATION = actions.Restoration(PLACE, "shop", "", (DumpSqlite("/db"),), "/srv/shop/shared")
HUSH = b"SECRET_KEY=hush-hush"
EVERY = (
    actions.Run(command("git", "fetch", "a b"), "shop", stdin=HUSH, env=(("KEY", "hush-hush"),)),
    actions.Run(command("python", "-c", "import os\nprint('hush-hush')")),
    actions.Put("/etc/shop.env", HUSH, mode=0o600),
    actions.Install("/srv/a", "/etc/a"),
    actions.PutBack("/etc/a"),
    actions.Link("/srv/shop/current", "releases/1"),
    actions.Unlink("/etc/a"),
    actions.MakeFolder("/srv/shop", mode=0o750, owner="shop", group="shop"),
    actions.Discard("/srv/shop/releases/1"),
    actions.Export("/srv/shop/repo.git", "a" * 40, "/srv/shop/releases/1"),
    actions.Unpack("/srv/shop/wheelhouse/1", HUSH),
    actions.EnsureVenv(
        "/srv/shop/releases/1",
        "/srv/shop/venvs",
        "/usr/bin/python3",
        ("requirements.txt",),
        (command("pip", "install"),),
        "shop",
    ),
    actions.Share("/srv/shop/releases/1/media", "/srv/shop/shared/media"),
    actions.Seal("/srv/shop/releases/1", ".sealed", "shop"),
    actions.Mark(OLD, "good"),
    actions.GiveUp(OLD),
    actions.StartUnit("shop@blue.service"),
    actions.StopUnit("shop@blue.service", after=120.0),
    actions.CheckHealth(
        "shop@blue.service",
        OLD,
        "/srv/shop/releases/1",
        (Probe("/healthz", "shop.example.org", socket="/run/shop-blue/app.sock"),),
    ),
    actions.TestUnits(("/etc/systemd/system/shop@.service",)),
    actions.TestSites((("/srv/a.conf", "/etc/nginx/a.conf"),)),
    actions.ReloadUnits("shop"),
    actions.ReloadWebServer(),
    actions.SwapEnabled("shop@blue.service", "shop@green.service"),
    actions.CheckBackup(RESTORATION),
    actions.RestoreBeside(RESTORATION),
    actions.DropBeside(RESTORATION),
    actions.SwapRestored(RESTORATION),
    actions.SwapBack(RESTORATION),
    actions.RehearseRestore(RESTORATION),
    actions.Pause(("shop@blue.service", "shop@green.service")),
    actions.Resume("shop@blue.service"),
    actions.Prune("shop", 5, PLACE, 7.0, 3),
    actions.VerifyBackups(PLACE),
    actions.RequireBackup(PLACE, DumpSqlite("/db")),
    actions.CopyBackups(PLACE, actions.CopyByCommand(("/usr/local/sbin/carry", "{backup}")), 60.0),
    actions.ApplyMigrations(
        migrate=command("migrate"),
        command=command("python", "-"),
        script=HUSH.decode(),
        user="shop",
        folder="/srv",
        env_files=(),
        env=(),
        release=OLD,
    ),
    actions.SettleSchema(),
    actions.AskSchema(command("python"), HUSH.decode(), "shop", "/srv", (), ()),
    Backup(
        PLACE,
        "shop",
        OLD,
        "/srv/shop/releases/1",
        dumps=(DumpSqlite("/db"), DumpMysql("shop", ("/etc/shop.env",), "URL")),
        shared=SharedFiles("/srv/shop/shared", ("media",)),
    ),
)


def test_every_kind_of_action_is_described():
    assert {type(one) for one in EVERY} == set(get_args(Action))


@pytest.mark.parametrize("one", EVERY, ids=lambda one: type(one).__name__)
def test_a_description_is_one_line_without_what_is_in_files_and_on_stdins(one):
    said = describe(one)

    assert said
    assert said.splitlines() == [said]
    assert "hush-hush" not in said


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (EVERY[0], "git fetch 'a b' < (20 bytes) (as shop)"),
        (EVERY[1], "python -c 'import os …"),
        (EVERY[2], "write /etc/shop.env (20 bytes, 0600 root:root)"),
        (actions.StopUnit("a.service", kill=True), "stop a.service at once"),
        (actions.StopUnit("a.service", after=3.0), "stop a.service in 3 s"),
        (actions.SwapEnabled("a.service"), "enable a.service"),
        (
            dataclasses.replace(EVERY[-1], dumps=(DumpPostgres("shop", (), "URL"),)),
            (
                f"back up code and config of {OLD} and the PostgreSQL database "
                f"and shared files to {PLACE}, read back"
            ),
        ),
    ],
)
def test_descriptions_read_like_what_a_person_would_do(one, said):
    assert describe(one) == said
