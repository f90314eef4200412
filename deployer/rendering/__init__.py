"""Templates and plain values become the bytes of units, sites and settings."""
