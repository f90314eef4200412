"""Whether a release answers as it should, and why not."""
