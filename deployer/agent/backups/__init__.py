"""Backups: dumped, packed, proved and recorded."""
