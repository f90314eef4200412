import pytest

from deployer.core.transport import HostAddress
from deployer.errors import HostKeyChanged, HostKeyUnknown
from deployer.transport.host_keys import Offer, Verifier, from_entries, pinned
from deployer.transport.known_hosts import HostKey, parse

OLD = HostKey("ssh-ed25519", "b2xk")
NEW = HostKey("ssh-ed25519", "bmV3")
RSA = HostKey("ssh-rsa", "cnNh")
CA = HostKey("ssh-ed25519", "Y2E=")
OTHER_CA = HostKey("ssh-ed25519", "Y2Ey")


def verifier(*files, pins=(), authorities=(), port=22):
    host = HostAddress("web1", "192.0.2.1", port=port, host_keys=pins, host_ca=authorities)
    sources = (
        from_entries(f"file {number}", parse(text), ("192.0.2.1",), port)
        for number, text in enumerate(files)
    )
    return Verifier(host, (pinned(host), *sources))


def line(key, names="192.0.2.1", marker=""):
    return f"{marker} {names} {key.line}\n".lstrip()


@pytest.mark.parametrize("pin", [OLD.line, f"{OLD.line} a comment", OLD.fingerprint])
def test_a_pinned_key_is_accepted(pin):
    verifier(pins=(RSA.line, pin)).verify(Offer(OLD))


def test_a_pin_of_the_inventory_is_the_last_word():
    with pytest.raises(HostKeyChanged, match="the inventory"):
        verifier(line(NEW), pins=(OLD.line,)).verify(Offer(NEW))


def test_any_of_several_keys_of_one_kind_is_accepted():
    verifier(line(OLD) + line(NEW)).verify(Offer(NEW))


def test_the_first_file_that_knows_the_host_decides():
    files = (line(OLD), line(NEW))

    verifier(*files).verify(Offer(OLD))
    with pytest.raises(HostKeyChanged, match="file 0"):
        verifier(*files).verify(Offer(NEW))


def test_a_file_that_does_not_know_the_host_leaves_it_to_the_next():
    verifier(line(NEW, "192.0.2.9"), line(OLD)).verify(Offer(OLD))


def test_a_host_that_nobody_knows_is_refused():
    with pytest.raises(HostKeyUnknown) as caught:
        verifier(line(OLD, "192.0.2.9")).verify(Offer(OLD))

    assert OLD.fingerprint in caught.value.message
    assert OLD.line in caught.value.hint


def test_a_key_of_another_kind_than_the_known_one_is_a_changed_key():
    with pytest.raises(HostKeyChanged):
        verifier(line(RSA)).verify(Offer(OLD))


def test_a_revoked_key_is_refused_wherever_it_is_vouched_for():
    with pytest.raises(HostKeyChanged, match="revoked"):
        verifier(line(OLD), line(OLD, "*", "@revoked"), pins=(OLD.line,)).verify(Offer(OLD))


def test_a_revoked_authority_vouches_for_nobody():
    revoked = line(CA, "*", "@revoked")

    with pytest.raises(HostKeyChanged, match="revoked"):
        verifier(revoked, authorities=(CA.line,)).verify(Offer(OLD, CA))


def test_a_certificate_of_a_trusted_authority_is_accepted():
    verifier(authorities=(CA.line,)).verify(Offer(OLD, CA))
    verifier(line(CA, "192.0.2.*", "@cert-authority")).verify(Offer(OLD, CA))


def test_a_certificate_of_another_authority_is_refused():
    with pytest.raises(HostKeyChanged, match="signed by an authority"):
        verifier(authorities=(CA.line,)).verify(Offer(OLD, OTHER_CA))
    with pytest.raises(HostKeyUnknown):
        verifier(line(CA, "192.0.2.*", "@cert-authority")).verify(Offer(OLD, OTHER_CA))


def test_an_authority_is_no_host_key():
    with pytest.raises(HostKeyUnknown):
        verifier(line(CA, "*", "@cert-authority")).verify(Offer(CA))


def test_the_key_of_the_default_port_vouches_for_another_port_but_accuses_nobody():
    known = verifier(line(OLD), port=2222)

    known.verify(Offer(OLD))
    with pytest.raises(HostKeyUnknown):
        known.verify(Offer(NEW))


def test_the_kinds_of_the_keys_we_hold_are_asked_for_first():
    known = verifier(line(RSA) + line(OLD))

    assert known.algorithms == ("rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519")
    assert not known.trusts_authorities
    assert verifier(authorities=(CA.line,)).trusts_authorities


def test_only_fingerprints_leave_the_kind_open():
    assert verifier(pins=(OLD.fingerprint,)).knows_fingerprints_only
    assert not verifier(pins=(OLD.fingerprint, OLD.line)).knows_fingerprints_only
    assert not verifier(line(OLD)).knows_fingerprints_only
