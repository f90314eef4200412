"""A small shop, made to be deployed."""

REVISION = "changed/lock"
