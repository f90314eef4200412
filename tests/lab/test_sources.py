"""Code that hosts pull from a real git server, or that is pushed to them: one pinned commit."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deployer.lab.forge import REPOSITORIES, Forge
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from examples.shop.history import git
from tests.apps import App, commit, flaskr
from tests.lab.outside import live, releases
from tests.lab.project import Project

PULLED = "pulled"
PUSHED = "pushed"
QUICK = {"path": "/hello", "interval": "1s", "timeout": "20s", "settle": "0s"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return flaskr(tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="module")
def forge(lab3: Lab) -> Forge:
    """The third host serves git; the first two serve the app."""
    return Forge(lab3.hosts[2])


def project_of(folder: Path, hosts: tuple[LabHost, ...], app: App, name: str) -> Project:
    made = Project(folder, hosts, app, name=name, health=QUICK)
    made.section("app", "web_server")["server_names"] = [f"{name}.lab.test"]
    made.section("app", "env")["DATABASE"] = f"/srv/{name}/shared/flaskr.sqlite"
    made.section("app")["database"] = {"kind": "none"}
    made.write()
    return made


@pytest.fixture(scope="module")
def pulled(lab3: Lab, forge: Forge, app: App, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = project_of(tmp_path_factory.mktemp(PULLED), lab3.hosts[:2], app, PULLED)
    git(app.repository, "tag", "-a", "-m", "The first one", "1.0", app.commits["main"])
    made.section("app")["source"] = {
        "kind": "git",
        "url": forge.push(app.repository, PULLED),
        "revision": "main",
        "transport": "pull",
        "host_keys": list(forge.host.host_keys),
    }
    made.write()
    _, events = made.events("setup")
    keys = {
        str(one["host"]): str(one["text"]).partition("repository: ")[2]
        for one in events
        if one["event"] == "Noticed" and "repository: " in str(one["text"])
    }
    assert sorted(keys) == [host.name for host in made.hosts], events
    refused = made.inv("deploy")
    assert refused.returncode == 9, refused.stdout + refused.stderr
    assert "Permission denied (publickey)" in refused.stderr, refused.stderr
    for key in keys.values():
        forge.authorize(key)
    made.must("deploy")
    return made


@pytest.fixture(scope="module")
def pushed(lab3: Lab, app: App, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = project_of(tmp_path_factory.mktemp(PUSHED), lab3.hosts[:1], app, PUSHED)
    made.must("setup")
    made.must("deploy")
    return made


def on_hosts(project: Project) -> list[str]:
    """The short commits that the hosts serve."""
    name = str(project.section("app")["name"])
    return [live(host, name).partition("-")[2] for host in project.hosts]


def new_commit(project: Project, text: str) -> str:
    return commit(project.app, text, {"NOTE.txt": f"{text}\n"})


def test_hosts_pull_with_a_key_of_their_own_and_the_forges_pinned_key(pulled: Project) -> None:
    (first, second) = pulled.hosts
    keys = [one.run(f"cat /srv/{PULLED}/.ssh/id_ed25519.pub").stdout for one in (first, second)]
    mode = first.run(f"stat -c '%a %U' /srv/{PULLED}/.ssh/id_ed25519").stdout.strip()
    known = first.run(f"cat /srv/{PULLED}/.ssh/known_hosts").stdout

    assert on_hosts(pulled) == [pulled.app.commits["main"][:7]] * 2
    assert keys[0] != keys[1]
    assert mode == f"600 {PULLED}"
    assert known.count("\n") == 1
    assert pulled.get("/hello", second)[0] == 200


def test_setup_again_keeps_the_key(pulled: Project) -> None:
    read = f"cat /srv/{PULLED}/.ssh/id_ed25519.pub"
    before = pulled.hosts[0].run(read).stdout

    code, events = pulled.events("setup")

    changed = [one for one in events if one["event"] == "StepFinished" and one["changed"]]
    assert (code, changed) == (0, [])
    assert pulled.hosts[0].run(read).stdout == before


@pytest.mark.parametrize("kind", ["branch", "annotated tag", "commit", "short commit"])
def test_any_name_of_a_commit_is_pulled(pulled: Project, forge: Forge, kind: str) -> None:
    new = new_commit(pulled, f"As a {kind}")
    git(pulled.app.repository, "branch", "--force", "feature/main", new)
    git(pulled.app.repository, "tag", "--force", "-a", "-m", "Next", "2.0", new)
    forge.push(pulled.app.repository, PULLED)
    names = {
        "branch": "feature/main",
        "annotated tag": "2.0",
        "commit": new,
        "short commit": pulled.app.commits["main"][:10],
    }

    pulled.must("deploy", "--revision", names[kind])

    wanted = pulled.app.commits["main"] if kind == "short commit" else new
    assert on_hosts(pulled) == [wanted[:7]] * 2


def test_no_such_revision_stops_before_anything_is_touched(pulled: Project) -> None:
    before = on_hosts(pulled)

    for name in ("nobody-knows-it", "0123456789012345678901234567890123456789"):
        done = pulled.inv("deploy", "--revision", name)
        said = done.stdout + done.stderr
        assert done.returncode == 9, said
        assert name in said
        assert "hint:" in said

    assert on_hosts(pulled) == before
    states = {state for host in pulled.hosts for state in releases(host, PULLED).values()}
    assert states <= {"good", "failed"}


@contextmanager
def moving(forge: Forge, branch: str, commits: tuple[str, ...]) -> Iterator[None]:
    """A branch that somebody forces back and forth all the time."""
    stop = threading.Event()
    bare = f"{REPOSITORIES}/{PULLED}.git"

    def move() -> None:
        turn = 0
        while not stop.wait(0.02):
            new = commits[turn % len(commits)]
            forge.host.run(f"runuser -u git -- git -C {bare} update-ref refs/heads/{branch} {new}")
            turn += 1

    mover = threading.Thread(target=move, daemon=True)
    mover.start()
    try:
        yield
    finally:
        stop.set()
        mover.join(30)


def test_a_branch_that_is_forced_meanwhile_gives_one_commit_on_both_hosts(
    pulled: Project, forge: Forge
) -> None:
    start = pulled.app.commits["main"]
    pair = []
    for text in ("One way", "Another way"):
        git(pulled.app.repository, "checkout", "--quiet", "--detach", start)
        pair.append(new_commit(pulled, text))
        git(pulled.app.repository, "tag", "--force", f"kept-{len(pair)}", pair[-1])
    git(pulled.app.repository, "checkout", "--quiet", "main")
    git(pulled.app.repository, "branch", "--force", "moving", pair[0])
    forge.push(pulled.app.repository, PULLED)

    with moving(forge, "moving", tuple(pair)):
        pulled.must("deploy", "--revision", "moving", "--force")

    found = on_hosts(pulled)
    assert len(set(found)) == 1
    assert found[0] in {one[:7] for one in pair}


def test_a_branch_that_was_forced_back_is_followed(pulled: Project, forge: Forge) -> None:
    git(pulled.app.repository, "checkout", "--quiet", "main")
    gone = new_commit(pulled, "Will be gone")
    forge.push(pulled.app.repository, PULLED)
    pulled.must("deploy", "--limit", pulled.hosts[0].name)
    git(pulled.app.repository, "reset", "--quiet", "--hard", "HEAD~1")
    instead = new_commit(pulled, "Stands instead")
    forge.push(pulled.app.repository, PULLED)

    pulled.must("deploy")

    assert gone[:7] != instead[:7]
    assert on_hosts(pulled) == [instead[:7]] * 2


def test_another_key_of_the_forge_is_refused(pulled: Project) -> None:
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBaxkEvnlnW0d82LFn5KDMKZ6NiHNnQI9tMvic9Oc3mg"
    before = on_hosts(pulled)
    source = pulled.section("app", "source")
    pinned, source["host_keys"] = source["host_keys"], [other]
    pulled.write()
    pulled.must("setup")

    done = pulled.inv("deploy", "--revision", "1.0", "--force")
    source["host_keys"] = pinned
    pulled.write()
    pulled.must("setup")

    assert done.returncode == 9, done.stdout + done.stderr
    assert "host key" in (done.stdout + done.stderr).lower()
    assert on_hosts(pulled) == before


def test_a_pushed_commit_needs_nothing_but_our_connection(pushed: Project) -> None:
    (host,) = pushed.hosts
    new = new_commit(pushed, "Pushed")

    pushed.must("deploy", "--revision", new)

    mirror = f"git -c safe.directory='*' -C /srv/{PUSHED}/repo.git"
    assert on_hosts(pushed) == [new[:7]]
    assert host.run(f"{mirror} config --get-regexp remote").stdout == ""
    assert not host.run(f"ls /srv/{PUSHED}/.ssh").stdout


def test_a_push_sends_only_what_the_host_lacks(pushed: Project) -> None:
    (host,) = pushed.hosts
    packs = f"du -sb /srv/{PUSHED}/repo.git/objects | cut -f1"
    before = int(host.run(packs).stdout)
    new = new_commit(pushed, "A small change")

    pushed.must("deploy", "--revision", new)

    assert int(host.run(packs).stdout) - before < 8_000
    assert before > 20_000
