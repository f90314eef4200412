"""Checks an SSH host certificate: who signed it, for which names, for how long."""

import base64

import paramiko
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)

from deployer.transport.host_keys import Offer
from deployer.transport.known_hosts import HostKey, matches, parse_key


def offer(key: paramiko.PKey, name: str, now: float) -> Offer:
    """Give what a host offered under a name, at a time (seconds since 1970)."""
    plain = HostKey(key.get_name(), key.get_base64())
    blob: paramiko.pkey.PublicBlob | None = getattr(key, "public_blob", None)
    return Offer(plain, None if blob is None else authority(blob, name, now))


def authority(blob: "paramiko.pkey.PublicBlob", name: str, now: float) -> HostKey | None:
    """Give the key that signed a certificate if it is valid for the host, else None."""
    line = f"{blob.key_type} {base64.b64encode(blob.key_blob).decode()}".encode()
    try:
        certificate = load_ssh_public_identity(line)
        if not isinstance(certificate, SSHCertificate):
            return None
        certificate.verify_cert_signature()
        signer = certificate.signature_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return None
    return parse_key(signer.decode()) if _is_valid(certificate, name, now) else None


def _is_valid(certificate: SSHCertificate, name: str, now: float) -> bool:
    principals = (
        principal.decode("utf-8", "replace") for principal in certificate.valid_principals
    )
    return (
        certificate.type is SSHCertificateType.HOST
        and certificate.valid_after <= now < certificate.valid_before
        and not certificate.critical_options
        and any(matches(principal, name) for principal in principals)
    )
