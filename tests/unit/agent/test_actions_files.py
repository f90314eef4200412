import errno
import grp
import os
import pwd
import stat

import pytest

from deployer.agent.actions import files, folders, releases, units
from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk import roots
from deployer.agent.runs.release_record import read_record

USER = pwd.getpwuid(os.geteuid()).pw_name
GROUP = grp.getgrgid(os.getegid()).gr_name
OWN = {"owner": USER, "group": GROUP}
SITE = "/etc/nginx/sites-enabled/shop.conf"


@pytest.fixture
def ctx(tmp_path):
    return Context("shop", "run1", root=tmp_path)


def put(ctx, path, content, mode=0o644):
    return files.put(ctx, {"path": path, "content": content, "mode": mode, **OWN})


def test_put_writes_with_the_mode_and_does_nothing_the_second_time(ctx):
    first = put(ctx, SITE, b"one", 0o640)
    second = put(ctx, SITE, b"one", 0o640)

    assert (first, second) == (True, False)
    assert ctx.path(SITE).read_bytes() == b"one"
    assert stat.S_IMODE(ctx.path(SITE).stat().st_mode) == 0o640


def test_put_back_restores_what_was_there_before_the_run_and_not_before_the_last_put(ctx):
    ctx.path(SITE).parent.mkdir(parents=True)
    ctx.path(SITE).write_bytes(b"old")
    ctx.path(SITE).chmod(0o600)

    put(ctx, SITE, b"new")
    put(ctx, SITE, b"newer")
    files.put_back(ctx, {"path": SITE})

    assert ctx.path(SITE).read_bytes() == b"old"
    assert stat.S_IMODE(ctx.path(SITE).stat().st_mode) == 0o600


def test_put_back_removes_what_was_not_there_and_may_be_done_twice(ctx):
    put(ctx, SITE, b"new")

    done = [files.put_back(ctx, {"path": SITE}) for _ in range(2)]

    assert done == [True, False]
    assert not ctx.path(SITE).exists()


def test_put_back_without_a_put_does_nothing(ctx):
    ctx.path(SITE).parent.mkdir(parents=True)
    ctx.path(SITE).write_bytes(b"mine")

    assert files.put_back(ctx, {"path": SITE}) is False
    assert ctx.path(SITE).read_bytes() == b"mine"


def test_a_link_is_swapped_and_put_back(ctx):
    live = "/srv/shop/run/live.sock"
    other = Context("shop", "run0", root=ctx.root)
    files.link(other, {"path": live, "target": "/run/shop-blue/app.sock"})

    changed = files.link(ctx, {"path": live, "target": "/run/shop-green/app.sock"})
    again = files.link(ctx, {"path": live, "target": "/run/shop-green/app.sock"})
    swapped = str(ctx.path(live).readlink())
    files.put_back(ctx, {"path": live})

    assert (changed, again, swapped) == (True, False, "/run/shop-green/app.sock")
    assert str(ctx.path(live).readlink()) == "/run/shop-blue/app.sock"


def test_unlink_keeps_what_it_removes(ctx):
    ctx.path(SITE).parent.mkdir(parents=True)
    ctx.path(SITE).write_bytes(b"old")

    done = [files.unlink(ctx, {"path": SITE}) for _ in range(2)]
    files.put_back(ctx, {"path": SITE})

    assert done == [True, False]
    assert ctx.path(SITE).read_bytes() == b"old"


def test_a_torn_line_of_the_index_is_as_if_nothing_had_been_saved(ctx):
    put(ctx, SITE, b"new")
    index = ctx.saved_folder / "index"
    index.write_bytes(index.read_bytes()[:-9])

    assert files.put_back(ctx, {"path": SITE}) is False

    put(ctx, SITE, b"newer")
    files.put_back(ctx, {"path": SITE})
    assert ctx.path(SITE).read_bytes() == b"new"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/etc/systemd/system/shopping.service",
        "/etc/systemd/system/ssh.service",
        "/srv/other/run/live",
        "/srv/shop/../other/x",
        "/etc/nginx/../passwd",
        "/etc/nginx//x",
        "srv/shop/x",
        "/etc/nginx/a\nb",
    ],
)
def test_nothing_is_written_outside_of_our_places(ctx, path):
    with pytest.raises(ActionFailed):
        put(ctx, path, b"x")


def test_a_symlink_on_the_way_is_refused(ctx, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "srv/shop").mkdir(parents=True)
    (tmp_path / "srv/shop/run").symlink_to(outside)

    with pytest.raises(ActionFailed):
        put(ctx, "/srv/shop/run/file", b"x")

    assert list(outside.iterdir()) == []


def test_install_copies_and_refuses_a_link_as_source(ctx):
    source = "/srv/shop/releases/000001-1a2b3c4/config/system/etc/nginx/x"
    ctx.path(source).parent.mkdir(parents=True)
    ctx.path(source).write_bytes(b"site")
    sly = ctx.path(source).with_name("sly")
    sly.symlink_to("/etc/hostname")

    files.install(ctx, {"source": source, "path": SITE, **OWN})

    assert ctx.path(SITE).read_bytes() == b"site"
    with pytest.raises(ActionFailed):
        files.install(ctx, {"source": source.replace("/x", "/sly"), "path": SITE, **OWN})


def test_make_folder_follows_no_link_that_comes_between_the_look_and_the_act(ctx, monkeypatch):
    elsewhere = ctx.path("/etc/uploads")
    elsewhere.mkdir(parents=True, mode=0o700)
    above = ctx.path("/srv/shop/shared/media")
    above.mkdir(parents=True)

    def swap(ctx, absolute):
        found = roots.writable(ctx, absolute)
        above.rename(above.with_name("gone"))
        above.symlink_to(elsewhere.parent)
        return found

    monkeypatch.setattr("deployer.agent.actions.folders.writable", swap)
    with pytest.raises(ActionFailed, match="is not a folder but something else"):
        folders.make_folder(ctx, {"path": "/srv/shop/shared/media/uploads", "mode": 0o755, **OWN})

    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700


def test_make_folder_mends_the_mode(ctx):
    action = {"path": "/srv/shop/shared", "mode": 0o750, **OWN}

    done = [folders.make_folder(ctx, action) for _ in range(2)]
    ctx.path("/srv/shop/shared").chmod(0o777)
    mended = folders.make_folder(ctx, action)

    assert (done, mended) == ([True, False], True)
    assert stat.S_IMODE(ctx.path("/srv/shop/shared").stat().st_mode) == 0o750


def make_release(ctx, number=1, state=""):
    folder = ctx.path(f"/srv/shop/releases/{number:06d}-1a2b3c4")
    folder.mkdir(parents=True)
    if state:
        releases.mark(ctx, {"release": folder.name, "state": state})
    return folder


def test_discard_takes_only_direct_children(ctx):
    folder = make_release(ctx)

    for path in ("/srv/shop/releases", f"/srv/shop/releases/{folder.name}/x", "/srv/shop/shared"):
        with pytest.raises(ActionFailed):
            folders.discard(ctx, {"path": path})
    done = folders.discard(ctx, {"path": f"/srv/shop/releases/{folder.name}"})

    assert done
    assert not folder.exists()


def test_discard_leaves_the_live_release(ctx):
    folder = make_release(ctx)
    files.link(ctx, {"path": "/srv/shop/run/live", "target": f"/srv/shop/releases/{folder.name}"})

    with pytest.raises(ActionFailed):
        folders.discard(ctx, {"path": f"/srv/shop/releases/{folder.name}"})

    assert folder.is_dir()


def test_share_replaces_what_the_tree_has_with_a_link(ctx):
    folder = make_release(ctx)
    (folder / "media").mkdir()
    (folder / "media/x").write_text("from the tree")
    path = f"/srv/shop/releases/{folder.name}/media"
    action = {"path": path, "target": "/srv/shop/shared/media"}

    done = [folders.share(ctx, action) for _ in range(2)]

    assert done == [True, False]
    assert str((folder / "media").readlink()) == "/srv/shop/shared/media"


def test_a_release_that_was_never_published_is_given_up_whole(ctx):
    folder = make_release(ctx)

    done = [releases.give_up(ctx, {"release": folder.name}) for _ in range(2)]

    assert done == [True, False]
    assert not folder.exists()


def test_a_release_that_was_started_in_this_run_stays_for_inspection(ctx):
    folder = make_release(ctx)
    colour = "/srv/shop/run/green"
    files.link(ctx, {"path": colour, "target": f"/srv/shop/releases/{folder.name}"})
    files.put_back(ctx, {"path": colour})

    done = [releases.give_up(ctx, {"release": folder.name}) for _ in range(2)]

    assert done == [True, False]
    assert read_record(folder)["state"] == "failed"


def test_a_published_release_is_marked_failed_and_a_good_one_stays_good(ctx):
    tried, good = make_release(ctx, 1, "live"), make_release(ctx, 2, "good")

    releases.give_up(ctx, {"release": tried.name})
    releases.give_up(ctx, {"release": good.name})

    assert read_record(tried)["state"] == "failed"
    assert read_record(good)["state"] == "good"


def test_a_release_that_a_full_disk_cannot_mark_failed_makes_room(ctx, monkeypatch):
    folder = make_release(ctx, 1, "live")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(releases, "write_record", full)

    assert releases.give_up(ctx, {"release": folder.name})
    assert not folder.exists()


def test_a_unit_that_users_are_sent_to_is_never_stopped(ctx):
    live = ctx.path("/srv/shop/run/live.sock")
    live.parent.mkdir(parents=True)
    live.symlink_to("/run/shop-green/app.sock")

    with pytest.raises(ActionFailed, match="still sent to"):
        units.stop_unit(ctx, {"unit": "shop@green.service", "kill": True})


def test_mark_merges_notes_and_does_nothing_twice(ctx):
    folder = make_release(ctx)
    action = {"release": folder.name, "state": "staged", "note": [["actor", "ann"]]}

    done = [releases.mark(ctx, action) for _ in range(2)]
    releases.mark(ctx, {"release": folder.name, "state": "good"})

    record = read_record(folder)
    assert done == [True, False]
    assert (record["state"], record["actor"], record["id"]) == ("good", "ann", folder.name)


def test_what_is_saved_is_written_whole_also_when_the_disk_takes_only_a_part(ctx, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda place, data: write(place, data[:7]))
    ctx.path(SITE).parent.mkdir(parents=True)
    ctx.path(SITE).write_bytes(b"old")

    put(ctx, SITE, b"new")
    files.put_back(ctx, {"path": SITE})

    assert ctx.path(SITE).read_bytes() == b"old"
