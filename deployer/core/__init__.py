"""Frozen words of the trade; no I/O, no clock, no threads."""
