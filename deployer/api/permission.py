"""A production environment asks before it is changed."""

from deployer.api.environment import Environment
from deployer.errors import Declined


def ask_permission(at: Environment) -> None:
    """Ask on a terminal, want `--yes` without one; raises Declined."""
    if not at.inventory.protected or at.request.yes:
        return
    name = at.inventory.environment
    if at.place.ask is None or at.request.output == "json":
        raise Declined(
            f"`{name}` is protected and there is nobody to ask.",
            hint="if you mean it, give the same command with `--yes`",
        )
    hosts = ", ".join(host.name for host in at.hosts)
    question = f"{at.request.command} {at.inventory.app.name} on {name} ({hosts})? type {name}: "
    try:
        answer = at.place.ask(question)
    except (EOFError, OSError):
        answer = ""
    if answer.strip() != name:
        raise Declined("Not confirmed; nothing was changed.", hint=f"type `{name}` to go on")
