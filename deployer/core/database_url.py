"""A database URL in the inventory: checked, and without a password."""

import re
from urllib.parse import urlsplit

_ALLOWED = "allowed: postgresql://user@host:port/name"


def database_url_problem(text: str) -> str:
    """Say what is wrong with a PostgreSQL URL, or nothing."""
    if re.search(r"[^\x21-\x7e]", text):
        return f"{_ALLOWED}, without spaces and control characters"
    try:
        url = urlsplit(text)
        url.port  # noqa: B018  reading it is the check
    except ValueError:
        return f"{_ALLOWED} (percent-encode / : @ # in its parts)"
    if url.scheme not in {"postgres", "postgresql"}:
        return f"{_ALLOWED} (scheme `postgres` or `postgresql`)"
    if not re.fullmatch(r"/[^/]+", url.path):
        return f"{_ALLOWED}, with the name of the database"
    return "" if "#" not in text else f"{_ALLOWED} (percent-encode #)"


def holds_password(text: str) -> bool:
    """Tell whether a URL carries a password."""
    return bool(re.search(r"://[^/?#]*:[^/?#]*@", text) or re.search(r"[?&]password=", text))
