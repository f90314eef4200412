"""Turn a PostgreSQL URL into libpq's environment variables, so that it is never an argument.

Source: https://www.postgresql.org/docs/current/libpq-envars.html
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

_SCHEMES = ("postgres", "postgresql", "postgis", "psql", "pgsql")
_PARAMETERS = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


class NotPostgres(ValueError):
    """The URL is not one of PostgreSQL; the message never holds the URL."""


def postgres_environment(url: str) -> dict[str, str]:
    """Give the variables that connect to the same database as the URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotPostgres("the database URL has a port that is no number") from None
    if parts.scheme.partition("+")[0] not in _SCHEMES:
        raise NotPostgres("the database URL is not one of PostgreSQL")
    found = {
        "PGHOST": unquote(parts.hostname or ""),
        "PGPORT": str(port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    asked = {_PARAMETERS[key]: value for key, value in parse_qsl(parts.query) if key in _PARAMETERS}
    found.update(asked)
    return {name: value for name, value in found.items() if value}
