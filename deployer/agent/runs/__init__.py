"""A run on this host: written down, carried out, confirmed, undone, recovered."""
