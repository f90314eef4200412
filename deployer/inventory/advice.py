"""What an accepted inventory had better not say: warnings, not errors."""

import re

from deployer.core.inventory import Inventory

_SECRET_NAME = re.compile(r"(?:.*_)?(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY|CREDENTIALS?)(?:_.*)?")
_URL_WITH_PASSWORD = re.compile(r"[a-z0-9+.-]+://[^/?#\s]*:[^/?#\s]+@", re.IGNORECASE)


def advice(inventory: Inventory) -> tuple[str, ...]:
    """Name variables that look like secrets in plain text; values are not shown."""
    return tuple(
        f"app.env.{name} looks like a secret in plain text: "
        f"write {{secret: {name}}} and keep the value under `secrets`."
        for name, value in inventory.app.env.items()
        if isinstance(value, str) and value and _looks_secret(name, value)
    )


def _looks_secret(name: str, value: str) -> bool:
    return bool(_SECRET_NAME.fullmatch(name.upper()) or _URL_WITH_PASSWORD.search(value))
