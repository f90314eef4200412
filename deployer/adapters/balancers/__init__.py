"""What hands requests to the web hosts."""
