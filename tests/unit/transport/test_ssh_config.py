import sys
from pathlib import Path

import pytest

from deployer.core.transport import HostAddress
from deployer.transport.dialer import Dialer, Surroundings
from deployer.transport.ssh_config import files, is_the_same_for_all

DEBIAN = "\n# Host web1\nHost *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n"
NAMES = ("web1.example.org", "web2.example.org", "web3.example.org")


def written(folder: Path, text: str) -> Path:
    path = folder / "config"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", ["", DEBIAN, "User=deploy\n", "IdentityFile ~/.ssh/other\n"])
def test_a_plain_file_says_the_same_about_every_host(tmp_path: Path, text: str) -> None:
    assert is_the_same_for_all((written(tmp_path, text),))


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert is_the_same_for_all((tmp_path / "config",))


@pytest.mark.parametrize(
    "line",
    [
        "Host web1",
        "host *.example.org",
        "Host * !web1",
        "Match host web1",
        "Match all",
        "HostName %h.example.org",
        "IdentityFile ~/.ssh/%h",
        "ProxyJump bastion",
        "CanonicalizeHostname yes",
        "Include ~/more",
        "Include conf.d/*.conf",
        "Include 'conf.d/a b'",
        "?",
    ],
)
def test_a_line_that_may_tell_hosts_apart_is_left_to_ssh(tmp_path: Path, line: str) -> None:
    assert not is_the_same_for_all((written(tmp_path, DEBIAN + line + "\n"),))


def test_what_an_included_file_says_counts(tmp_path: Path) -> None:
    path = written(tmp_path, f"Include {tmp_path}/conf.d/*.conf\n{DEBIAN}")
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/one.conf").write_text("User deploy\n")

    assert is_the_same_for_all((path,))
    (tmp_path / "conf.d/two.conf").write_text("Host web1\n  Port 2222\n")
    assert not is_the_same_for_all((path,))


def test_a_file_that_includes_itself_is_left_to_ssh(tmp_path: Path) -> None:
    path = written(tmp_path, f"Include {tmp_path}/config\n")

    assert not is_the_same_for_all((path,))


def test_a_file_that_may_not_be_read_is_left_to_ssh(tmp_path: Path) -> None:
    assert not is_the_same_for_all((tmp_path,))


def test_the_users_file_is_where_the_system_says_that_home_is() -> None:
    assert files("", 0) == (Path("/root/.ssh/config"), Path("/etc/ssh/ssh_config"))
    assert files("/somewhere", 0) == (Path("/somewhere"),)


def asked_of(folder: Path, config: str, names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Resolve hosts; gives where they are, and what a program in the place of ssh was asked."""
    program = folder / "ssh"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nname = sys.argv[-1]\n"
        f"open({str(folder / 'asked')!r}, 'a').write(name + '\\n')\n"
        "print('hostname', name)\nprint('port', 22)\nprint('user', 'deploy')\n"
    )
    program.chmod(0o755)
    around = Surroundings({}, ssh=str(program), ssh_config=str(written(folder, config)))
    dialer = Dialer(around)
    found = [dialer.resolved(HostAddress(name.partition(".")[0], name)) for name in names]
    return [one.hostname for one in found], (folder / "asked").read_text().splitlines()


def test_one_question_is_enough_where_all_hosts_are_alike(tmp_path: Path) -> None:
    hostnames, asked = asked_of(tmp_path, DEBIAN, NAMES)

    assert hostnames == list(NAMES)
    assert asked == [NAMES[0]]


def test_every_host_is_asked_about_where_they_may_differ(tmp_path: Path) -> None:
    hostnames, asked = asked_of(tmp_path, f"{DEBIAN}Host web1*\n", NAMES)

    assert hostnames == list(NAMES)
    assert asked == list(NAMES)


def test_a_user_without_an_entry_as_in_containers_has_no_files(monkeypatch) -> None:
    def nobody(user: int) -> None:
        raise KeyError(user)

    monkeypatch.setattr("pwd.getpwuid", nobody)

    assert files("", 12345) == ()
    assert is_the_same_for_all(files("", 12345))
