"""Lists of steps: what a deploy is, what a rollback is."""
