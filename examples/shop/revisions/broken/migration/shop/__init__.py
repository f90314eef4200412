"""A small shop, made to be deployed."""

REVISION = "broken/migration"
