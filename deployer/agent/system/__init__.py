"""The programs of this host."""
