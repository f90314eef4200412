import hashlib
import json
import os
import subprocess
import sys
import time

import pytest

from deployer.agent.backups.backup_record import sealed, sums_of
from deployer.agent.context import Context
from deployer.agent.facts import answer
from deployer.agent.runs.lock import Lock

ID = "000007-1a2b3c4"


def ask(host, fact, app="shop", **parameters):
    ctx = Context(app, "", root=host.root)
    answers = answer(ctx, {"ask": [{"fact": fact, "key": "k", **parameters}]})["answers"]
    assert isinstance(answers, dict)
    return answers["k"]


def link(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def test_a_host_where_the_app_was_never_set_up(host):
    assert ask(host, "app", app="other") == {"set_up": False, "user": False}


def test_how_an_app_stands(host):
    srv = host.root / "srv/shop"
    release = srv / "releases" / ID
    (release / "config").mkdir(parents=True)
    (release / "config/digest").write_text("abc\n")
    (release / "release.json").write_text(json.dumps({"state": "good", "actor": "ann"}))
    (srv / "releases/.trash").mkdir()
    link(srv / "run/live", f"/srv/shop/releases/{ID}")
    link(srv / "run/green", f"../releases/{ID}")
    link(srv / "run/live.sock", "/run/shop-green/app.sock")
    (host.state / "counter").write_text("7\n")
    (host.state / "fence").write_text("3\n")

    found = ask(host, "app")

    assert (found["live"], found["live_colour"], found["current"]) == (ID, "green", "")
    assert (found["counter"], found["fence"], found["config_digest"]) == (7, 3, "abc")
    assert found["colours"]["green"]["release"] == ID
    assert found["colours"]["blue"]["active"] == "inactive"
    assert found["releases"] == [
        {"id": ID, "number": 7, "revision": "1a2b3c4", "state": "good", "actor": "ann"}
    ]
    assert (found["open_run"], found["locked_by"], found["hold"]) == (None, None, None)


@pytest.mark.parametrize("target", ["", "/run/elsewhere/app.sock"])
def test_the_live_colour_is_known_also_when_the_link_of_its_socket_is_not_right(host, target):
    srv = host.root / "srv/shop"
    link(srv / "run/live", f"/srv/shop/releases/{ID}")
    link(srv / "run/blue", "/srv/shop/releases/000001-0000000")
    link(srv / "run/green", f"/srv/shop/releases/{ID}")
    if target:
        link(srv / "run/live.sock", target)

    assert ask(host, "app")["live_colour"] == "green"


def test_a_lost_counter_gives_no_number_out_twice(host):
    (host.root / "srv/shop/releases/000041-1a2b3c4").mkdir(parents=True)

    assert ask(host, "app")["counter"] == 41


def test_who_holds_an_app_and_who_is_at_work(host):
    (host.state / "hold.json").write_text('{"id": "h1"}')
    held = Lock(host.state, {"run": "r9"})

    found = ask(host, "app")

    assert found["locked_by"] == {"run": "r9", "step": "", "seconds": 0}
    assert found["hold"] == {"id": "h1", "until_text": "until it is taken away"}
    held.release()


def test_files_are_described_by_content_mode_and_owner_or_by_their_target(host):
    (host.root / "etc").mkdir()
    file = host.root / "etc/site"
    file.write_text("x")
    file.chmod(0o640)
    link(host.root / "etc/link", "site")

    found = ask(host, "files", paths=["/etc/site", "/etc/link", "/etc/none"])

    assert found["/etc/site"]["sha256"] == hashlib.sha256(b"x").hexdigest()
    assert found["/etc/site"]["mode"] == 0o640
    assert found["/etc/link"] == {"link": "site"}
    assert found["/etc/none"] is None


def test_the_live_files_of_a_release_go_by_their_live_path(host):
    unit = host.root / "srv/shop/releases" / ID / "config/system/etc/systemd/system/shop@.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("u")

    assert ask(host, "config", release=ID) == {
        "/etc/systemd/system/shop@.service": hashlib.sha256(b"u").hexdigest()
    }
    assert "error" in ask(host, "config", release="../../..")


def test_a_folder_is_complete_when_its_marker_is_there(host):
    (host.root / "srv/shop/done").write_text("")

    assert ask(host, "complete", path="/srv/shop", marker="done") is True
    assert ask(host, "complete", path="/srv/shop", marker="other") is False
    assert "error" in ask(host, "complete", path="/srv/shop", marker="../x")


def test_room_is_told_also_for_a_place_that_is_not_there_yet(host):
    found = ask(host, "disk", paths=["/srv/shop/not/yet"])["/srv/shop/not/yet"]

    assert 0 < found["free"] <= found["total"]


def test_the_own_interpreter_is_described_without_a_process(host):
    found = ask(host, "python", python=sys.executable)

    assert found["version"] == ".".join(map(str, sys.version_info[:3]))
    assert found["path"].startswith("/")
    assert ask(host, "python", python="/no/python")["version"] == ""
    assert "error" in ask(host, "python", python="python3; id")


def test_a_tool_that_is_not_there_is_null(host):
    found = ask(host, "tools", names=["git", "no-such-tool", "a b"])

    assert found["git"].startswith("git version")
    assert (found["no-such-tool"], found["a b"]) == (None, None)


def git(*words, cwd):
    env = {"PATH": os.environ["PATH"], "HOME": str(cwd), "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    line = ["git", *who, *words]
    return subprocess.run(line, cwd=cwd, env=env, check=True, capture_output=True, text=True)


def test_a_mirror_tells_its_tips_and_which_commits_it_has(host):
    mirror = host.root / "srv/shop/repo.git"
    work = host.root / "work"
    work.mkdir()
    git("init", "-q", ".", cwd=work)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=work)
    git("clone", "-q", "--bare", str(work), str(mirror), cwd=work)
    sha = git("rev-parse", "HEAD", cwd=work).stdout.strip()
    other = "0123456789abcdef0123456789abcdef01234567"

    found = ask(host, "repository", revisions=[sha, other])

    assert found == {"exists": True, "tips": [sha], "has": {sha: True, other: False}}
    assert "error" in ask(host, "repository", revisions=["--upload-pack=x"])


def test_a_host_without_a_mirror_has_no_commits(host):
    assert ask(host, "repository", revisions=["1a2b3c4"]) == {
        "exists": False,
        "tips": [],
        "has": {"1a2b3c4": False},
    }


def test_sites_and_units_of_others_are_told_and_ours_are_not(host):
    sites = host.root / "etc/nginx/sites-enabled"
    units = host.root / "etc/systemd/system"
    for folder in (sites, units):
        folder.mkdir(parents=True)
    (sites / "other").write_text("server {\n  server_name shop.example www.shop.example;\n}\n")
    (sites / "shop").write_text("# written by deployer\nserver {\n  server_name shop.example;\n}\n")
    (units / "shop.service").write_text("[Unit]\n")
    (units / "shop@.service").write_text("# written by deployer\n[Unit]\n")

    found = ask(
        host,
        "foreign",
        server_names=["shop.example"],
        sites=[],
        units=["shop.service", "shop@.service", "none.service"],
        ports=[],
    )

    assert found == {
        "sites": [{"file": "/etc/nginx/sites-enabled/other", "server_name": "shop.example"}],
        "units": ["shop.service"],
        "listening": [],
    }


def test_history_tells_finished_and_open_runs(host):
    first = host.worker(run="r1")
    first.until("begun")
    first.ask({"verb": "commit"}, "committed")
    first.send({"verb": "bye"})
    first.receive()
    host.worker(run="r2", command="rollback").until("begun")

    found = ask(host, "journal", limit=5)

    assert [(one["id"], one["command"], one["outcome"]) for one in found] == [
        ("r1", "deploy", "committed"),
        ("r2", "rollback", "open"),
    ]
    assert found[0]["started"].startswith(time.strftime("%Y-"))
    assert [one["id"] for one in ask(host, "journal", limit=1)] == ["r2"]


def test_backups_are_listed_with_their_parts(host):
    backup = host.root / "opt/backups/shop_20261121_134509-3"
    backup.mkdir(parents=True)
    (backup / "code.tar.gz").write_bytes(b"12345")
    part = {"name": "code.tar.gz", "size": 5, "sha256": "0" * 64}
    record = {"schema": 2, "release": "000007-1a2b3c4", "created": 1.5, "parts": [part]}
    (backup / "SHA256SUMS").write_bytes(sums_of(record))
    (backup / "backup.json").write_bytes(sealed(record))

    found = ask(host, "backups", folder="/opt/backups")

    assert [(one["name"], one["verified"], one["release"]) for one in found] == [
        ("shop_20261121_134509-3", True, "000007-1a2b3c4")
    ]
    assert found[0]["parts"] == ["SHA256SUMS", "backup.json", "code.tar.gz"]


def test_a_backup_weighs_what_the_newest_does_with_the_newest_dump(host):
    sizes = ({"database.sqlite3": 9}, {"database.sqlite3": 5, "code.tar.gz": 7}, {"code.tar.gz": 8})
    for number, parts in enumerate(sizes, 1):
        folder = host.root / f"opt/backups/shop_20261125_18000{number}-{number}"
        folder.mkdir(parents=True)
        for name, size in parts.items():
            (folder / name).write_bytes(bytes(size))

    found = ask(host, "weights", backups="/opt/backups")

    assert (found["backup_bytes"], found["copied_bytes"]) == (13, 5)


@pytest.mark.parametrize("fact", ["host", "app", "journal", "backups", "foreign", "disk"])
def test_a_question_without_parameters_is_answered(host, fact):
    assert "error" not in str(ask(host, fact))
