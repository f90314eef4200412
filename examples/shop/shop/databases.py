"""Reads a DATABASE_URL: `sqlite:////srv/shop/shared/db.sqlite3`, `postgres://user:pw@host/name`."""

from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SQLITE = {
    "timeout": 20,  # seconds a writer waits for another one
    "transaction_mode": "IMMEDIATE",  # or a reader that turns writer fails at once
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


def from_url(url):
    parts = urlsplit(url)
    path = unquote(parts.path)[1:]
    if parts.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": SQLITE}
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": path,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ImproperlyConfigured(f"DATABASE_URL begins with {parts.scheme!r}; sqlite or postgres is.")
