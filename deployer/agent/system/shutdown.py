"""Whether the host itself is going down: then nothing can be started any more."""

from __future__ import annotations

from deployer.agent.context import Context


def host_stops() -> bool:
    """Ask systemd whether it is shutting down."""
    asking = Context("", "")
    said = asking.execute(["systemctl", "is-system-running"], quiet=True, timeout=10)
    return said.stdout.strip() == b"stopping"
