import base64
import subprocess

import pytest
from paramiko.pkey import PublicBlob

from deployer.transport.certificates import authority
from deployer.transport.known_hosts import parse_key

NOW = 1_800_000_000


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("authority", "host"):
        keygen("-t", "ed25519", "-N", "", "-f", folder / name)
    return folder


def keygen(*words):
    subprocess.run(("ssh-keygen", "-q", *words), check=True)


def certificate(keys, *options):
    words = ("-V", "20200101:20400101", *options, keys / "host.pub")
    keygen("-s", keys / "authority", "-I", "web1", *words)
    return PublicBlob.from_file(str(keys / "host-cert.pub"))


def test_a_good_certificate_names_its_authority(keys):
    signer = parse_key((keys / "authority.pub").read_text())

    assert authority(certificate(keys, "-h", "-n", "web1,web2"), "web1", NOW) == signer
    assert authority(certificate(keys, "-h", "-n", "*.example.org"), "a.example.org", NOW) == signer


@pytest.mark.parametrize(
    "options",
    [
        ("-h", "-n", "web2"),
        ("-h", "-n", "web1", "-V", "20200101:20200102"),
        ("-h", "-n", "web1", "-V", "20390101:20400101"),
        ("-h",),
        ("-n", "web1"),
    ],
    ids=["another host", "over", "not yet", "for no host", "of a user"],
)
def test_a_certificate_that_does_not_apply_has_no_authority(keys, options):
    assert authority(certificate(keys, *options), "web1", NOW) is None


def test_a_certificate_that_was_tampered_with_has_no_authority(keys):
    good = certificate(keys, "-h", "-n", "web1")
    forged = bytearray(good.key_blob)
    forged[-1] ^= 1

    assert authority(PublicBlob(good.key_type, bytes(forged)), "web1", NOW) is None
    assert authority(PublicBlob(good.key_type, good.key_blob[:-9]), "web1", NOW) is None


def test_a_plain_key_is_no_certificate(keys):
    kind, body = (keys / "host.pub").read_text().split()[:2]

    assert authority(PublicBlob(kind, base64.b64decode(body)), "web1", NOW) is None
