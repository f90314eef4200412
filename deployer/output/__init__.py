"""Events made visible: a terminal, a log, JSON lines, a table; it can never fail a deploy."""
