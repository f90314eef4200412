"""A small shop, made to be deployed."""

REVISION = "v4"
