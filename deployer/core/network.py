"""Addresses, keys, domains and URLs: one type per grammar."""

import base64
import binascii
import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from deployer.core.grammar import Checked, Grammar
from deployer.core.model import refused

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_USER = r"[a-z_][a-z0-9_-]{0,31}"
_KEY_TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
_LONGEST_NAME = 253
_LAST_PORT = 65_535
_ADDRESS = "a DNS name or an IP address, without user, port, brackets or zone"


def _address(text: str) -> str:
    ip = _ip(text)
    if ip is not None:
        return _ip_address(ip)
    if (
        len(text) <= _LONGEST_NAME
        and re.fullmatch(_DOMAIN, text)
        and not re.search(r"(?:^|\.)\d+$", text)
    ):
        return text
    raise refused(_why_no_address(text))


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _ip_address(ip: IPv4Address | IPv6Address) -> str:
    if ip.is_multicast or ip.is_unspecified or getattr(ip, "scope_id", None):
        raise refused("allowed: the address of one host, without a zone (`%eth0`)")
    return ip.compressed


def _why_no_address(text: str) -> str:
    if len(text) > _LONGEST_NAME:
        return f"allowed: at most {_LONGEST_NAME} characters"
    if "@" in text or re.fullmatch(r"[^:]*:\d+", text):
        return "allowed: the address alone; write `user` and `port` as fields of the host"
    if text.startswith("["):
        return "allowed: an IPv6 address without brackets"
    if not text.isascii():
        return _punycode(text)
    if text.endswith("."):
        return "allowed: a DNS name without a dot at the end"
    return f"allowed: {_ADDRESS}"


def _punycode(text: str) -> str:
    try:
        written = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return f"allowed: {_ADDRESS}, in ASCII letters"
    if not re.fullmatch(_DOMAIN, written):
        return f"allowed: {_ADDRESS}, in ASCII letters"
    return f"allowed: ASCII letters; in punycode this is `{written}` (is that the host you mean?)"


Address = Annotated[str, AfterValidator(_address), Field(max_length=_LONGEST_NAME, min_length=1)]
"""Where a host is."""


def _domain(text: str) -> str:
    if not text.isascii():
        return _punycode(text)
    return "" if len(text) <= _LONGEST_NAME else f"allowed: at most {_LONGEST_NAME} characters"


Domain = Annotated[
    str,
    Checked(_domain),
    Grammar(
        _DOMAIN, "a domain in lower case such as `shop.example.org`, no `*`, no dot at the end"
    ),
]
"""A name under which the site is served."""


def _host_key(text: str) -> str:
    kind, _, blob = text.partition(" ")
    try:
        raw = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    head = len(kind).to_bytes(4, "big") + kind.encode()
    if kind in _KEY_TYPES and raw.startswith(head) and len(raw) > len(head) + 32:
        return ""
    if blob.startswith(_KEY_TYPES):
        return "allowed: the type and the key; leave out the host's name in front"
    return f"allowed: a public key such as `ssh-ed25519 AAAA…` ({', '.join(_KEY_TYPES[:5])})"


HostKey = Annotated[str, Field(max_length=4096), Checked(_host_key)]
"""A public key as `ssh-keyscan` prints it, without the host's name and without a comment."""


def _jump(text: str) -> str:
    match = re.fullmatch(rf"(?:{_USER}@)?(\[[^\]]*\]|[^@:\[\]]+)(?::(\d{{1,5}}))?", text)
    if not match:
        return "allowed: `user@host:port`, user and port optional, IPv6 in brackets"
    _address(match[1].strip("[]"))
    if match[2] and (match[2].startswith("0") or int(match[2]) > _LAST_PORT):
        return "allowed: a port from 1 to 65535"
    return ""


JumpHost = Annotated[str, Field(max_length=320), Checked(_jump)]
"""A host in between."""

HealthPath = Annotated[
    str,
    Grammar(
        r"/(?!/)(?:[A-Za-z0-9._~/?&=+,:@-]|%[0-9A-Fa-f]{2})*",
        "a path that starts with one `/`, without host, spaces, `#` or control characters",
        longest=1024,
    ),
]
"""What is asked of the app."""

Status = Annotated[int, Field(ge=100, le=599)]
"""An HTTP status."""

UrlPrefix = Annotated[
    str,
    Grammar(
        r"/(?:[A-Za-z0-9._~-]+/)+", "a path such as `/static/`: `/` at both ends, not `/` alone"
    ),
]
"""A path under which files are served."""

OptionalUrlPrefix = Annotated[
    str,
    Grammar(
        r"(?:/(?:[A-Za-z0-9._~-]+/)+)?", "a path such as `/media/`: `/` at both ends, or nothing"
    ),
]
"""The same; "" for none."""
