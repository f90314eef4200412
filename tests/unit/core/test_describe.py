import dataclasses
from typing import get_args

import pytest

from deployer.core.action import Action
from deployer.core.actions import (
    backups,
    files,
    health,
    migrations,
    processes,
    programs,
    releases,
    restoring,
    units,
    web_server,
)
from deployer.core.actions.backups import Backup, DumpMysql, DumpPostgres, DumpSqlite, SharedFiles
from deployer.core.actions.health import Probe
from deployer.core.command import command
from deployer.core.describe import describe

OLD = "000001-aaaaaaa"
PLACE = "/opt/backups"
RESTORATION = restoring.Restoration(PLACE, "shop", "", (DumpSqlite("/db"),), "/srv/shop/shared")
HUSH = b"SECRET_KEY=hush-hush"
EVERY = (
    programs.Run(command("git", "fetch", "a b"), "shop", stdin=HUSH, env=(("KEY", "hush-hush"),)),
    programs.Run(command("python", "-c", "import os\nprint('hush-hush')")),
    files.Put("/etc/shop.env", HUSH, mode=0o600),
    files.Install("/srv/a", "/etc/a"),
    files.PutBack("/etc/a"),
    files.Link("/srv/shop/current", "releases/1"),
    files.Unlink("/etc/a"),
    files.MakeFolder("/srv/shop", mode=0o750, owner="shop", group="shop"),
    files.Discard("/srv/shop/releases/1"),
    releases.Export("/srv/shop/repo.git", "a" * 40, "/srv/shop/releases/1"),
    releases.Unpack("/srv/shop/wheelhouse/1", HUSH),
    releases.EnsureVenv(
        "/srv/shop/releases/1",
        "/srv/shop/venvs",
        "/usr/bin/python3",
        ("requirements.txt",),
        (command("pip", "install"),),
        "shop",
    ),
    releases.Share("/srv/shop/releases/1/media", "/srv/shop/shared/media"),
    releases.Seal("/srv/shop/releases/1", ".sealed", "shop"),
    releases.Mark(OLD, "good"),
    releases.GiveUp(OLD),
    units.StartUnit("shop@blue.service"),
    units.StopUnit("shop@blue.service", after=120.0),
    health.CheckHealth(
        "shop@blue.service",
        OLD,
        "/srv/shop/releases/1",
        (Probe("/healthz", "shop.example.org", socket="/run/shop-blue/app.sock"),),
    ),
    units.TestUnits(("/etc/systemd/system/shop@.service",)),
    web_server.Balance("/etc/nginx/snippets/shop-hosts.conf", (("web2", "by hand"),), drain=30.0),
    web_server.TestSites((("/srv/a.conf", "/etc/nginx/a.conf"),)),
    units.ReloadUnits("shop"),
    web_server.ReloadWebServer(),
    web_server.CheckMaintenance("shop.test", "http://127.0.0.1:80", is_on=True),
    units.SwapEnabled("shop@blue.service", "shop@green.service"),
    processes.RunProcesses(OLD, ("shop.worker@1.service", "shop.nightly.timer")),
    processes.RunProcesses(""),
    processes.ProveProcesses(OLD, ("shop.worker@1.service",)),
    processes.StopProcesses(("shop.worker@1.service",)),
    restoring.CheckBackup(RESTORATION),
    restoring.RestoreBeside(RESTORATION),
    restoring.DropBeside(RESTORATION),
    restoring.SwapRestored(RESTORATION),
    restoring.SwapBack(RESTORATION),
    restoring.RehearseRestore(RESTORATION),
    units.Pause(("shop@blue.service", "shop@green.service")),
    units.Pause(("shop@blue.service",), held=True),
    units.Resume("shop@blue.service"),
    releases.Prune("shop", 5, PLACE, 7.0, 3),
    backups.VerifyBackups(PLACE),
    backups.RequireBackup(PLACE, DumpSqlite("/db")),
    backups.CopyBackups(PLACE, backups.CopyByCommand(("/usr/local/sbin/carry", "{backup}")), 60.0),
    migrations.ApplyMigrations(
        migrate=command("migrate"),
        command=command("python", "-"),
        script=HUSH.decode(),
        user="shop",
        folder="/srv",
        env_files=(),
        env=(),
        release=OLD,
    ),
    migrations.SettleSchema(),
    migrations.AskSchema(command("python"), HUSH.decode(), "shop", "/srv", (), ()),
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
        (units.StopUnit("a.service", kill=True), "stop a.service at once"),
        (units.StopUnit("a.service", after=3.0), "stop a.service in 3 s"),
        (units.SwapEnabled("a.service"), "enable a.service"),
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
