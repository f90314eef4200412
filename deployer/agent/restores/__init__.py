"""Backups brought back: beside what is live, compared, swapped."""
