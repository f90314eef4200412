import base64
import hmac

import pytest

from deployer.transport.known_hosts import Entry, HostKey, name_in_file, parse, read

KEY = HostKey("ssh-ed25519", "AAAA")


def hashed(name, salt=b"01234567890123456789"):
    digest = hmac.new(salt, name.encode(), "sha1").digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def test_lines_are_read_with_their_markers_and_any_blanks():
    text = (
        "# a comment\n"
        "\n"
        "web1,web2  ssh-ed25519\tAAAA  somebody\n"
        "@cert-authority *.example.org ssh-ed25519 AAAA\n"
        "@revoked * ssh-ed25519 AAAA\n"
        "@unheard-of * ssh-ed25519 AAAA\n"
        "web1 ssh-ed25519\n"
    )

    assert parse(text) == (
        Entry("key", "web1,web2", KEY),
        Entry("authority", "*.example.org", KEY),
        Entry("revoked", "*", KEY),
    )


def test_a_file_that_is_not_there_knows_no_host(tmp_path):
    assert read(tmp_path / "known_hosts") == ()


@pytest.mark.parametrize(
    ("patterns", "name", "covered"),
    [
        ("web1", "web1", True),
        ("web1", "web10", False),
        ("WEB1", "web1", True),
        ("web?", "web1", True),
        ("web?", "web10", False),
        ("*.example.org,!bad.example.org", "good.example.org", True),
        ("*.example.org,!bad.example.org", "bad.example.org", False),
        ("!bad.example.org,*.example.org", "bad.example.org", False),
        ("!web1", "web2", False),
        ("[web1]:2222", "[web1]:2222", True),
        ("[web1]:2222", "web1", False),
        ("198.51.100.*", "198.51.100.7", True),
        ("a[bc]", "ab", False),
        ("web.", "webx", False),
        (hashed("web1"), "web1", True),
        (hashed("web1"), "web2", False),
        (hashed("[web1]:2222"), "[web1]:2222", True),
        ("|1|no base64|at all", "web1", False),
    ],
)
def test_a_line_covers_the_names_that_openssh_would_say(patterns, name, covered):
    assert Entry("key", patterns, KEY).covers(name) is covered


def test_a_host_on_another_port_has_another_name():
    assert name_in_file("web1", 22) == "web1"
    assert name_in_file("web1", 2222) == "[web1]:2222"


def test_a_fingerprint_is_the_one_that_ssh_keygen_prints():
    key = HostKey(
        "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIJxm5+ioXGY7edYb+2IpLtTmrUpU+FZCQp9JXAnY5mI7"
    )

    assert key.fingerprint == "SHA256:kHawkjtcMdSAxbaDDRIeM+LhfVlDU1Swyoth2L2G7Z8"


def test_four_thousand_lines_are_read_in_no_time(tmp_path):
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"{hashed(f'web{n}')} ssh-ed25519 AAAA\n" for n in range(4000)))

    entries = read(file)

    assert [n for n, entry in enumerate(entries) if entry.covers("web3999")] == [3999]
