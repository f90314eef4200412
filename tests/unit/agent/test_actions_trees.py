import io
import json
import os
import pwd
import stat
import subprocess
import sys
import tarfile

import pytest

from deployer.agent.actions import folders, programs, sealing, sources, venvs
from deployer.agent.context import ActionFailed, Context

USER = pwd.getpwuid(os.geteuid()).pw_name
OWN = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
RELEASE = "/srv/shop/releases/000001-1a2b3c4"


@pytest.fixture
def ctx(tmp_path):
    (tmp_path / "srv/shop/releases").mkdir(parents=True)
    return Context("shop", "run1", root=tmp_path)


def tar_of(*members):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = content
                archive.addfile(info)
    return raw.getvalue()


def unpack(ctx, content, path="/srv/shop/wheelhouse/abc"):
    wish = {"path": path, "content": content, "owner": USER, "group": USER}
    return sources.unpack(ctx, wish)


def test_unpack_makes_the_folder_whole_and_only_once(ctx):
    content = tar_of(("a/b.whl", b"wheel"), (".complete", b""))

    done = [unpack(ctx, content) for _ in range(2)]

    assert done == [True, False]
    assert ctx.path("/srv/shop/wheelhouse/abc/a/b.whl").read_bytes() == b"wheel"


@pytest.mark.parametrize(
    "member",
    [
        ("../x", b"x"),
        ("/etc/x", b"x"),
        ("a/../../x", b"x"),
        ("x", (tarfile.SYMTYPE, "/etc/passwd")),
        ("x", (tarfile.LNKTYPE, "../y")),
        ("x", (tarfile.CHRTYPE, "")),
        ("x", (tarfile.FIFOTYPE, "")),
    ],
)
def test_unpack_refuses_what_leaves_the_folder(ctx, member):
    with pytest.raises(ActionFailed):
        unpack(ctx, tar_of(("good", b"good"), member))

    assert list(ctx.path("/srv/shop/wheelhouse").iterdir()) == []


@pytest.mark.parametrize("cut", [1, 20, 40])
def test_unpack_of_a_torn_archive_leaves_nothing(ctx, cut):
    with pytest.raises(ActionFailed):
        unpack(ctx, tar_of(("x", os.urandom(500)))[:-cut])

    assert not ctx.path("/srv/shop/wheelhouse/abc").exists()


def git(folder, *words):
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    command = ("git", "-C", str(folder), *identity, *words)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def revision(ctx, tmp_path):
    work = tmp_path / "work"
    (work / "app").mkdir(parents=True)
    (work / "app/main.py").write_text("x = 1\n")
    (work / "manage.py").write_text("#!/usr/bin/python3\n")
    (work / "manage.py").chmod(0o755)
    git(work, "init", "-q")
    git(work, "add", ".")
    git(work, "commit", "-qm", "one")
    git(work, "clone", "-q", "--bare", str(work), str(ctx.path("/srv/shop/repo.git")))
    return git(work, "rev-parse", "HEAD")


def export(ctx, revision, **more):
    wish = {"repository": "/srv/shop/repo.git", "revision": revision, "to": RELEASE, "user": USER}
    return sources.export(ctx, {**wish, **more})


def test_export_writes_exactly_the_tree_of_the_commit(ctx, revision):
    export(ctx, revision)
    export(ctx, revision)

    names = sorted(str(one.relative_to(ctx.path(RELEASE))) for one in ctx.path(RELEASE).rglob("*"))
    assert names == ["app", "app/main.py", "manage.py"]
    assert os.access(ctx.path(f"{RELEASE}/manage.py"), os.X_OK)


def test_export_never_replaces_a_release_that_is_in_use(ctx, revision):
    export(ctx, revision)
    served = ctx.path("/srv/shop/run/live")
    served.parent.mkdir(parents=True)
    served.symlink_to(RELEASE)

    with pytest.raises(ActionFailed, match="still linked as `live`"):
        export(ctx, revision)

    assert any(ctx.path(RELEASE).iterdir())


def test_export_of_a_folder_inside_the_commit(ctx, revision):
    export(ctx, revision, subdirectory="app")

    assert [one.name for one in ctx.path(RELEASE).iterdir()] == ["main.py"]


@pytest.mark.usefixtures("revision")
def test_export_of_an_unknown_commit_says_so(ctx):
    with pytest.raises(ActionFailed) as failed:
        export(ctx, "0" * 40)

    assert "git archive" in failed.value.cause
    assert failed.value.log


@pytest.mark.parametrize("name", ["release.json", ".sealed", "config/system"])
@pytest.mark.usefixtures("revision")
def test_a_tree_that_tells_of_itself_what_the_host_says_is_refused(ctx, tmp_path, name):
    work = tmp_path / "work"
    planted = work / name
    planted.parent.mkdir(exist_ok=True)
    planted.symlink_to("/root")
    git(work, "add", ".")
    git(work, "commit", "-qm", "two")
    git(work, "push", "-q", str(ctx.path("/srv/shop/repo.git")), "HEAD:refs/heads/two")

    with pytest.raises(ActionFailed, match=f"holds `{name}`"):
        export(ctx, git(work, "rev-parse", "HEAD"))


def test_an_exported_tree_is_compiled_and_its_users_no_more(ctx, revision):
    export(ctx, revision, interpreter=OWN)

    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in ctx.path(RELEASE).rglob("*")}
    assert not any(mode & 0o022 for mode in modes.values())
    assert ctx.path(RELEASE).stat().st_uid == 0
    assert any(name.startswith("main.") and name.endswith(".pyc") for name in modes)


def test_folders_without_an_end_are_refused_and_can_be_removed(ctx):
    folder = ctx.path("/srv/shop/venvs/deep")
    folder.mkdir(parents=True)
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)

    with pytest.raises(ActionFailed, match="one in the other"):
        sealing.seal_folder(ctx, folder, ".sealed", os.getegid())
    assert folders.discard_folder(ctx, folder)
    assert list(ctx.path("/srv/shop/.trash").iterdir()) == []


@pytest.mark.parametrize(
    ("link", "target", "is_refused"),
    [
        ("static/loot", "/srv/other/shared/db.sqlite3", True),
        ("static/loot", "../../../other/shared", True),
        ("static/deep/way", "../../..", True),
        ("static", "/srv/other/shared", True),
        ("static", "../../other", True),
        ("static/up", "deep/a.css", False),
        ("static/uploads", "/srv/shop/shared/uploads", False),
        ("elsewhere", "/srv/other", False),
    ],
)
def test_what_is_served_holds_no_link_out_of_it(ctx, link, target, is_refused):
    folder = ctx.path(RELEASE)
    (folder / "static/deep").mkdir(parents=True)
    if link == "static":
        (folder / "static").rename(folder / "other")
    (folder / link).symlink_to(target)

    if is_refused:
        with pytest.raises(ActionFailed, match="static files are refused"):
            sealing.seal_folder(ctx, folder, ".sealed", os.getegid())
    else:
        assert sealing.seal_folder(ctx, folder, ".sealed", os.getegid())


def test_links_out_of_collected_files_are_refused_too(ctx):
    static = ctx.path(f"{RELEASE}/static")
    static.mkdir(parents=True)
    (static / "loot").symlink_to("../config/app.env")

    with pytest.raises(ActionFailed, match="static files are refused"):
        sealing.seal_folder(ctx, static, ".sealed", os.getegid())


def test_a_sealed_folder_is_closed_and_marked(ctx, revision):
    export(ctx, revision)
    folder = ctx.path(RELEASE)
    (folder / "static").mkdir()
    (folder / "static/a.css").write_text("a")
    (folder / "config").mkdir()
    (folder / "config/app.env").write_text("SECRET=1")
    (folder / "config/app.env").chmod(0o600)
    wish = {"path": RELEASE, "marker": ".sealed", "group": USER}

    done = [sealing.seal(ctx, wish) for _ in range(2)]

    modes = {
        str(one.relative_to(folder)): stat.S_IMODE(one.stat().st_mode) for one in folder.rglob("*")
    }
    marker = json.loads((folder / ".sealed").read_bytes())
    assert done == [True, False]
    assert marker["sizes"]["app/main.py"] == 6
    assert not any(mode & 0o022 for mode in modes.values())
    assert modes["app"] == 0o750
    assert modes["manage.py"] == 0o750
    assert modes["static"] == 0o755
    assert modes["static/a.css"] == 0o644
    assert modes["config/app.env"] == 0o600


def test_a_sealed_folder_that_grew_is_sealed_again(ctx, revision):
    export(ctx, revision)
    wish = {"path": RELEASE, "marker": ".sealed", "group": USER}
    sealing.seal(ctx, wish)
    ctx.path(f"{RELEASE}/more").write_text("x")

    assert sealing.seal(ctx, wish)
    assert "more" in json.loads(ctx.path(f"{RELEASE}/.sealed").read_bytes())["sizes"]


def venv_wish():
    make = (sys.executable, "-m", "venv", "--without-pip", "{venv}")
    return {
        "release_folder": RELEASE,
        "venvs": "/srv/shop/venvs",
        "interpreter": sys.executable,
        "locks": ["requirements.txt"],
        "build": [list(make)],
        "user": USER,
    }


def test_releases_with_the_same_lock_share_an_environment(ctx):
    for number in (1, 2):
        folder = ctx.path(f"/srv/shop/releases/{number:06d}-1a2b3c4")
        folder.mkdir()
        (folder / "requirements.txt").write_text("django==5.2\n")
    first, second = venv_wish(), venv_wish()
    second["release_folder"] = RELEASE.replace("1-", "2-")

    venvs.ensure_venv(ctx, first)
    (built,) = ctx.path("/srv/shop/venvs").iterdir()
    stamp = (built / ".sealed").stat().st_mtime_ns
    venvs.ensure_venv(ctx, second)

    assert [one.name for one in ctx.path("/srv/shop/venvs").iterdir()] == [built.name]
    assert (built / ".sealed").stat().st_mtime_ns == stamp
    assert ctx.path(f"{second['release_folder']}/venv").readlink().name == built.name


def test_a_half_built_environment_is_built_again(ctx):
    ctx.path(RELEASE).mkdir()
    ctx.path(f"{RELEASE}/requirements.txt").write_text("x")
    wish = venv_wish()
    venvs.ensure_venv(ctx, wish)
    (built,) = ctx.path("/srv/shop/venvs").iterdir()
    (built / ".sealed").unlink()
    (built / "half").write_text("x")

    venvs.ensure_venv(ctx, wish)

    assert not (built / "half").exists()
    assert (built / ".sealed").is_file()


def test_an_environment_that_was_marked_by_who_built_it_is_built_again(ctx):
    ctx.path(RELEASE).mkdir()
    ctx.path(f"{RELEASE}/requirements.txt").write_text("x")
    wish = venv_wish()
    venvs.ensure_venv(ctx, wish)
    (built,) = ctx.path("/srv/shop/venvs").iterdir()
    os.chown(built / ".sealed", 65534, 65534)
    (built / "planted").write_text("x")

    venvs.ensure_venv(ctx, wish)

    assert not (built / "planted").exists()


def test_a_pipe_in_an_environment_does_not_hang_who_reads_it(ctx):
    ctx.path(RELEASE).mkdir()
    ctx.path(f"{RELEASE}/requirements.txt").write_text("x")
    short = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    wish = venv_wish()
    script = f"import os; os.mkfifo('{{venv}}/lib/{short}/site-packages/app.pth')"
    wish["build"] = [*wish["build"], [sys.executable, "-c", script]]

    with pytest.raises(ActionFailed, match="cannot be read"):
        venvs.ensure_venv(ctx, wish)


def test_an_environment_with_the_release_itself_in_it_is_refused(ctx):
    ctx.path(RELEASE).mkdir()
    ctx.path(f"{RELEASE}/requirements.txt").write_text("-e .")
    short = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    pth = f"{{venv}}/lib/{short}/site-packages/app.pth"
    wish = venv_wish()
    script = f"open({pth!r}, 'w').write('{{release}}')"
    wish["build"].append([sys.executable, "-c", script])

    with pytest.raises(ActionFailed) as failed:
        venvs.ensure_venv(ctx, wish)

    assert "install the app itself" in failed.value.cause


def test_a_failed_program_is_named_with_its_exit_code_and_last_lines(ctx):
    words = ["/bin/sh", "-c", "echo one; echo two >&2; exit 3"]

    with pytest.raises(ActionFailed) as failed:
        programs.run(ctx, {"command": words, "hint": "try again"})

    assert failed.value.cause.startswith("`sh -c ")
    assert failed.value.cause.endswith("ended with exit code 3")
    assert set(failed.value.log) == {"one", "two"}
    assert failed.value.hint == "try again"


def test_a_program_gets_the_files_values_then_its_own(ctx, tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/app.env").write_bytes(b'A="one \\"$x\\""\nB="two"\n')
    code = "import os, json; print(json.dumps([os.environ['A'], os.environ['B']]))"
    words = [sys.executable, "-c", code]
    wish = {"command": words, "env_files": ["/etc/app.env"], "env": [["B", "3"]], "keep": "seen"}

    programs.run(ctx, wish)

    assert ctx.results == {"seen": ['one "$x"', "3"]}
