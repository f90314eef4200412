import subprocess
from pathlib import Path

import pytest

from deployer.lab.forge import Forge
from deployer.lab.host import LabHost

FETCH = "GIT_SSH_COMMAND='ssh -i /root/k -o UserKnownHostsFile=/root/kh -o BatchMode=yes'"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    git("init", "-q", "-b", "main", str(folder))
    commit(folder, "one")
    return folder


def git(*words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@lab.test"]
    return subprocess.run(
        ["git", *identity, *words], check=True, capture_output=True, text=True, timeout=20
    ).stdout.strip()


def commit(folder: Path, text: str) -> str:
    (folder / "file").write_text(text)
    git("-C", str(folder), "add", "file")
    git("-C", str(folder), "commit", "-qm", text)
    return git("-C", str(folder), "rev-parse", "HEAD")


def test_a_host_fetches_with_its_own_key_what_was_pushed_and_gets_no_shell(
    fresh_hosts, repository: Path
) -> None:
    forge_host, puller = fresh_hosts(2)
    forge = Forge(forge_host)
    puller.run("ssh-keygen -q -t ed25519 -N '' -f /root/k")
    puller.run("cat >/root/kh", input=forge.known_hosts)
    url = forge.push(repository, "shop")

    stranger = puller.run(f"{FETCH} git ls-remote {url}", timeout=20)
    forge.authorize(puller.run("cat /root/k.pub").stdout)
    second = commit(repository, "two")
    forge.push(repository, "shop")
    friend = puller.run(f"{FETCH} git ls-remote {url} refs/heads/main", timeout=20)
    shell = puller.run(
        f"ssh -i /root/k -o UserKnownHostsFile=/root/kh -o BatchMode=yes"
        f" git@{forge_host.address} id",
        timeout=20,
    )

    assert "Permission denied (publickey)" in stranger.stderr
    assert friend.stdout.split() == [second, "refs/heads/main"]
    assert shell.returncode != 0
    assert "uid=" not in shell.stdout


def test_a_forge_may_be_set_up_twice(fresh_host: LabHost, repository: Path) -> None:
    Forge(fresh_host).push(repository, "shop")

    Forge(fresh_host).push(repository, "shop")

    keys = fresh_host.run("cat ~git/.ssh/authorized_keys").stdout
    assert len(keys.splitlines()) == 1
