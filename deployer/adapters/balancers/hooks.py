"""A balancer of others: programs of your own tell it which host to leave out."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from deployer.core.host import Host
from deployer.core.model import Model, Place
from deployer.core.ports import WebServer
from deployer.core.quantities import Duration
from deployer.core.values import Word

Words = Annotated[tuple[Word, ...], Field(min_length=1)]


class HooksBalancer(Model):
    """Two programs on the machine that deploys, as lists of words; no shell reads them."""

    kind: Literal["hooks"] = "hooks"
    drain_words: Words = Field(
        alias="drain",
        description="Has the balancer leave a host out, and waits until nothing is in flight.",
    )
    undrain_words: Words = Field(
        alias="undrain", description="Has the balancer send requests to a host again."
    )
    timeout: Duration = Field(default=120.0, description="How long one of them may take.")

    @property
    def has_hosts(self) -> bool:
        return False

    @property
    def drain(self) -> float:
        return 0.0

    def links(self, app: str) -> tuple[tuple[str, str], ...]:
        return ()

    def refused(
        self, web_server: WebServer, hosts: Sequence[Host]
    ) -> tuple[tuple[Place, str], ...]:
        return ()
