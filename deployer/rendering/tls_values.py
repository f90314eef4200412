"""What templates may see of HTTPS; the text below each field is its reference."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TlsValues:
    """How the site serves HTTPS."""

    certificate: str
    """The certificate chain on the host (PEM)."""

    key: str
    """The private key on the host (PEM)."""

    port: int = 443
    """The port for HTTPS."""

    hsts: bool = False
    """Whether browsers are told to use HTTPS only."""
