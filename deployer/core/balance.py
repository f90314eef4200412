"""Which web hosts a balancer sends requests to, as it says itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.core.release import upstream_path

BY_HAND = "by hand"
"""Left out by `inv drain`, until `inv undrain`."""
NEW = "new"
"""Left out until a release was proven on it."""
IN_A_RUN = "in a run"
"""Left out while it is changed."""
NOT_PUT_BACK = "not put back"
"""Left out because a rollback failed on it."""


@dataclass(frozen=True, slots=True)
class Balanced:
    """What the file of a balancer says; `sha256` is "" when there is none."""

    sha256: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Every host that it knows, and why it is left out; "" for one that gets requests."""


def balanced(app: str) -> Fact[Balanced]:
    """Ask a balancer."""
    return Fact("balance", "balance", _balanced, {"path": upstream_path(app)})


def balanced_before(app: str) -> Fact[Balanced]:
    """Ask a balancer before a run; asked only once, so that it goes on telling that."""
    return Fact("balance before", "balance", _balanced, {"path": upstream_path(app)})


def _balanced(answer: object) -> Balanced:
    data = mapping(answer)
    listed = data.get("servers")
    servers = [mapping(one) for one in listed] if isinstance(listed, list) else []
    hosts = {str(one.get("host")): str(one.get("down") or "") for one in servers}
    return Balanced(str(data.get("sha256") or ""), hosts)
