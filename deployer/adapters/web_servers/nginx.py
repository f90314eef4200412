"""Sites served by nginx."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from deployer.core.model import Model, refuse_twins, refused_at
from deployer.core.network import Domain, OptionalUrlPrefix, UrlPrefix
from deployer.core.quantities import BodySize, Port, Seconds
from deployer.core.tls import Tls


class Nginx(Model):
    """A site of its own; other sites of the same nginx stay untouched."""

    kind: Literal["nginx"] = "nginx"
    server_names: Annotated[tuple[Domain, ...], Field(min_length=1)] = Field(
        description="The names under which the site is served."
    )
    listen: Port = Field(default=80, description="The port for plain HTTP.")
    tls: Tls | None = Field(default=None, description="Serve HTTPS on port 443 with these.")
    client_max_body_size: BodySize = Field(default="20m", description="The largest upload.")
    static_url: UrlPrefix = Field(default="/static/", description="Where static files are served.")
    media_url: OptionalUrlPrefix = Field(
        default="", description="Where the shared folder `media` is served; empty: nowhere."
    )
    retry_after: Annotated[float, Seconds()] = Field(
        default=300.0, description="When clients may ask again, told during maintenance."
    )
    hsts: bool = Field(default=False, description="Tell browsers to use HTTPS only.")

    @model_validator(mode="after")
    def _no_contradictions(self) -> Self:
        refuse_twins("Nginx", server_names=self.server_names)
        if self.hsts and self.tls is None:
            raise refused_at("Nginx", (("hsts",), "allowed: true only together with `tls`"))
        if self.tls is not None and self.listen == 443:  # noqa: PLR2004  the port of HTTPS
            raise refused_at("Nginx", (("listen",), "allowed: another port than that of HTTPS"))
        if self.media_url and self.media_url.startswith(self.static_url):
            raise refused_at("Nginx", (("media_url",), "allowed: a path outside `static_url`"))
        return self

    @property
    def front(self) -> str:
        """Where the host itself reaches the site: HTTPS if there is any."""
        return "https://127.0.0.1:443" if self.tls else f"http://127.0.0.1:{self.listen}"

    def links(self, app: str) -> tuple[tuple[str, str], ...]:
        """Turn the site on the way Debian does."""
        name = f"{app}.conf"
        return ((f"/etc/nginx/sites-enabled/{name}", f"/etc/nginx/sites-available/{name}"),)
