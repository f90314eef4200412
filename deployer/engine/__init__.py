"""Drives hosts through phases; it has never heard of a particular step."""
