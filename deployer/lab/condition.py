"""What a lab host is doing now."""

from dataclasses import dataclass

from deployer.lab.host import LabHost


@dataclass(frozen=True, slots=True)
class HostStatus:
    """What `lab.status` shows of a host."""

    host: LabHost
    condition: str  # "up" | "booting" | "unplugged" | "down"


def condition(host: LabHost) -> str:
    """Say in one word how a host is."""
    if not host.is_running:
        return "down"
    if not host.is_linked:
        return "unplugged"
    return "up" if host.is_ready else "booting"
