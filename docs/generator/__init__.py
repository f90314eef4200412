"""Writes the reference pages from the code: `python -m docs.generator` in the project's folder."""
