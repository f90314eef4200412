"""Ways to talk to the agent on a host: over SSH, as a local program, or from a script."""
