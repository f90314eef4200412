"""Turn a URL of MariaDB or MySQL into an option file, so that no password is an argument.

Source: https://mariadb.com/kb/en/configuring-mariadb-with-option-files/
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES = ("mysql", "mysql2", "mariadb", "mysqlgis")
_PARAMETERS = {
    "unix_socket": "socket",
    "socket": "socket",
    "user": "user",
    "password": "password",
    "passwd": "password",
    "host": "host",
    "port": "port",
    "ssl_ca": "ssl-ca",
    "ssl-ca": "ssl-ca",
    "ssl_cert": "ssl-cert",
    "ssl-cert": "ssl-cert",
    "ssl_key": "ssl-key",
    "ssl-key": "ssl-key",
    "ssl-mode": "loose-ssl-mode",
    "ssl_mode": "loose-ssl-mode",
    "connect_timeout": "connect-timeout",
}


class NotMysql(ValueError):
    """The URL is not one of MariaDB or MySQL; the message never holds the URL."""


def mysql_options(url: str) -> tuple[str, dict[str, str]]:
    """Give the name of the database, and the options that connect to it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotMysql("the database URL has a port that is no number") from None
    if parts.scheme.partition("+")[0] not in SCHEMES:
        raise NotMysql("the database URL is not one of MariaDB or MySQL")
    database = unquote(parts.path.lstrip("/"))
    if not database:
        raise NotMysql("the database URL names no database")
    host = unquote(parts.hostname or "")
    found = {
        "socket" if host.startswith("/") else "host": host,
        "port": str(port or ""),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }
    asked = {_PARAMETERS[key]: value for key, value in parse_qsl(parts.query) if key in _PARAMETERS}
    found.update(asked)
    # `localhost` is a socket for these clients, whatever the port: a port means TCP.
    if found.get("port") and found.get("host") == "localhost":
        found["host"] = "127.0.0.1"
    return database, {name: value for name, value in found.items() if value}


def option_file(options: dict[str, str]) -> bytes:
    """Write options so that the client reads back exactly these values."""
    lines = (f"{name}={_quoted(value)}\n" for name, value in options.items())
    return ("[client]\n" + "".join(lines)).encode()


def _quoted(value: str) -> str:
    escaped = value
    for plain, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        escaped = escaped.replace(plain, written)
    return f'"{escaped}"'
