"""A database URL in the inventory: checked, and without a password."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from deployer.core.model import refused
from deployer.core.secret import SecretReference

URL_VARIABLE = "DEPLOYER_DATABASE_URL"
"""The name under which the URL lies in a root-only file of the release."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How the URLs of an engine look; the part after a `+` is the app's driver and is ignored."""

    example: str
    schemes: tuple[str, ...]
    drivers: bool


POSTGRES = Engine("postgresql://user@host:port/name", ("postgres", "postgresql"), drivers=False)
MYSQL = Engine("mysql://user@host:port/name", ("mysql", "mysql2", "mariadb"), drivers=True)


def sound_url(url: str | SecretReference, engine: Engine) -> str | SecretReference:
    """Give the URL back, or refuse it."""
    if isinstance(url, SecretReference):
        return url
    if holds_password(url):
        raise refused("allowed: a URL without a password, or {secret: NAME}")
    problem = database_url_problem(url, engine)
    if problem:
        raise refused(problem)
    return url


def database_url_problem(text: str, engine: Engine) -> str:
    """Say what is wrong with a database URL, or nothing."""
    allowed = f"allowed: {engine.example}"
    if re.search(r"[^\x21-\x7e]", text):
        return f"{allowed}, without spaces and control characters"
    try:
        url = urlsplit(text)
        url.port  # noqa: B018  reading it is the check
    except ValueError:
        return f"{allowed} (percent-encode / : @ # in its parts)"
    scheme = url.scheme.partition("+")[0] if engine.drivers else url.scheme
    if scheme not in engine.schemes:
        return f"{allowed} (scheme {' or '.join(f'`{one}`' for one in engine.schemes)})"
    if not re.fullmatch(r"/[^/]+", url.path):
        return f"{allowed}, with the name of the database"
    return "" if "#" not in text else f"{allowed} (percent-encode #)"


def holds_password(text: str) -> bool:
    """Tell whether a URL carries a password."""
    return bool(re.search(r"://[^/?#]*:[^/?#]*@", text) or re.search(r"[?&]passw(?:or)?d=", text))
