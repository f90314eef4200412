"""How HTTPS is served, by a site or by a balancer."""

from typing import Self

from pydantic import Field, model_validator

from deployer.core.model import Model, refused_at
from deployer.core.values import RemoteFile


class Tls(Model):
    """A certificate and its key, both on the host."""

    certificate: RemoteFile = Field(description="The certificate chain on the host (PEM).")
    key: RemoteFile = Field(description="The private key on the host (PEM).")

    @model_validator(mode="after")
    def _two_files(self) -> Self:
        if self.certificate == self.key:
            raise refused_at("Tls", (("key",), "allowed: another file than `certificate`"))
        return self
