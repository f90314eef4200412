"""A part of the hosts, by name or role: `web1,migrate,!web2`."""

from deployer.core.host import Host
from deployer.core.inventory import Inventory
from deployer.core.model import did_you_mean
from deployer.errors import UsageError


def select(inventory: Inventory, limit: str) -> tuple[Host, ...]:
    """Give the hosts that `limit` names, in the inventory's order; "" means all.

    Commas separate hosts and roles; `!` in front takes away, from all if nothing else is named.
    Raises UsageError for an unknown name or when nobody is left.
    """
    hosts = tuple(inventory.hosts.values())
    if limit == "":
        return hosts
    words = [word.strip() for word in limit.split(",")]
    _refuse_unknown(words, hosts)
    wanted = [word for word in words if not word.startswith("!")]
    unwanted = [word[1:].strip() for word in words if word.startswith("!")]
    chosen = tuple(
        host
        for host in hosts
        if (not wanted or _matches(host, wanted)) and not _matches(host, unwanted)
    )
    if not chosen:
        raise UsageError(f"No host is left by `--limit {limit}`.", hint=_known_words(hosts))
    return chosen


def _matches(host: Host, words: list[str]) -> bool:
    return any(word == host.name or word in host.roles for word in words)


def _refuse_unknown(words: list[str], hosts: tuple[Host, ...]) -> None:
    names = {host.name for host in hosts}
    known = names | {role for host in hosts for role in host.roles}
    for word in words:
        bare = word.removeprefix("!").strip()
        if bare not in known:
            near = did_you_mean(bare, sorted(known)).removeprefix(", ").capitalize()
            raise UsageError(
                f"`{bare}` in `--limit` is no host and no role.",
                hint=f"{near} {_known_words(hosts)}".strip(),
            )


def _known_words(hosts: tuple[Host, ...]) -> str:
    roles = sorted({role for host in hosts for role in host.roles})
    names = ", ".join(host.name for host in hosts)
    return f"Hosts: {names}. Roles: {', '.join(roles)}."
