"""No web server: the app answers on its socket only."""

from typing import Literal

from deployer.core.model import Model


class NoWebServer(Model):
    """Nothing to configure."""

    kind: Literal["none"] = "none"

    @property
    def front(self) -> str:
        return ""

    @property
    def server_names(self) -> tuple[str, ...]:
        return ()

    def links(self, app: str) -> tuple[tuple[str, str], ...]:
        return ()
