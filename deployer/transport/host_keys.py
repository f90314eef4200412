"""Decides whether the key that a host offers is the key of that host. Always strict."""

from dataclasses import dataclass

from deployer.core.transport import HostAddress
from deployer.errors import HostKeyChanged, HostKeyUnknown
from deployer.transport.known_hosts import Entry, HostKey, name_in_file, parse_key

ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""How a kind of key is negotiated, where it differs from its name (RFC 8332)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a host offered: its key and, if it came as a certificate, who signed that.

    `authority` is set only for a certificate that is valid now and for this host.
    """

    key: HostKey
    authority: HostKey | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What one source (the inventory, a file) knows about one host."""

    origin: str
    keys: tuple[HostKey, ...] = ()
    fingerprints: tuple[str, ...] = ()
    authorities: tuple[HostKey, ...] = ()
    also: tuple[HostKey, ...] = ()
    """Keys of the same host name on the default port: they may vouch, not accuse."""
    revoked: tuple[HostKey, ...] = ()
    final: bool = False

    def vouches(self, offer: Offer) -> bool:
        """Whether this source knows the key, or who signed it."""
        known = offer.key in (*self.keys, *self.also) or offer.key.fingerprint in self.fingerprints
        return known or (offer.authority is not None and offer.authority in self.authorities)

    @property
    def decides(self) -> bool:
        """Whether a key that it does not know must be a wrong one."""
        return self.final or bool(self.keys or self.fingerprints)

    @property
    def expects(self) -> str:
        """Say what would have been accepted; the origin follows."""
        return "the one in" if self.keys or self.fingerprints else "signed by an authority of"


@dataclass(frozen=True, slots=True)
class Verifier:
    """The sources for one host, the most trusted first."""

    host: HostAddress
    sources: tuple[Source, ...]

    def verify(self, offer: Offer) -> None:
        """Accept the key, or raise HostKeyChanged or HostKeyUnknown."""
        if any({offer.key, offer.authority} & set(source.revoked) for source in self.sources):
            raise self._changed(offer.key, "is revoked")
        for source in self.sources:
            if source.vouches(offer):
                return
            if source.decides:
                raise self._changed(offer.key, f"is not {source.expects} {source.origin}")
        raise self._unknown(offer.key)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The key algorithms to ask for first: those of the keys we hold."""
        kinds = (key.kind for source in self.sources for key in (*source.keys, *source.also))
        wanted = (name for kind in kinds for name in ALGORITHMS.get(kind, (kind,)))
        return tuple(dict.fromkeys(wanted))

    @property
    def trusts_authorities(self) -> bool:
        """Whether to ask for certificates first."""
        return any(source.authorities for source in self.sources)

    @property
    def knows_fingerprints_only(self) -> bool:
        """Whether a wrong key may be right under another algorithm: fingerprints hide the kind."""
        first = next((source for source in self.sources if source.decides), None)
        return first is not None and bool(first.fingerprints) and not first.keys

    def _changed(self, key: HostKey, why: str) -> HostKeyChanged:
        return HostKeyChanged(
            f"Host `{self.host.name}` offered the key `{key.fingerprint}` ({key.kind}), "
            f"which {why}; nothing was sent to it.",
            host=self.host.name,
            hint="If the host was rebuilt on purpose, compare the fingerprint on its console "
            "(`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`) and replace the pinned key.",
        )

    def _unknown(self, key: HostKey) -> HostKeyUnknown:
        return HostKeyUnknown(
            f"Nobody has pinned the key of host `{self.host.name}`: it offered "
            f"`{key.fingerprint}` ({key.kind}); nothing was sent to it.",
            host=self.host.name,
            hint="Compare the fingerprint on the host's console, then run `inv trust --env ENV`, "
            f'or add to the host in the inventory: host_keys: ["{key.line}"]',
        )


def pinned(host: HostAddress) -> Source:
    """Give the pins of the inventory; if there are any, they have the last word."""
    keys = tuple(key for key in map(parse_key, host.host_keys) if key is not None)
    authorities = tuple(key for key in map(parse_key, host.host_ca) if key is not None)
    prints = tuple(pin.rstrip("=") for pin in host.host_keys if pin.startswith("SHA256:"))
    final = bool(host.host_keys or host.host_ca)
    return Source(
        "the inventory", keys=keys, fingerprints=prints, authorities=authorities, final=final
    )


def from_entries(
    origin: str, entries: tuple[Entry, ...], names: tuple[str, ...], port: int
) -> Source:
    """Give what known_hosts lines say about a host with these names on this port."""
    exact = tuple(name_in_file(name, port) for name in names)
    here = tuple(entry for entry in entries if any(map(entry.covers, exact)))
    plain = tuple(entry for entry in entries if any(map(entry.covers, names)))
    return Source(
        origin,
        keys=_keys(here, "key"),
        authorities=_keys((*here, *plain), "authority"),
        also=_keys(plain, "key"),
        revoked=_keys((*here, *plain), "revoked"),
    )


def _keys(entries: tuple[Entry, ...], role: str) -> tuple[HostKey, ...]:
    return tuple(dict.fromkeys(entry.key for entry in entries if entry.role == role))
