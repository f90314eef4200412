"""With which tool a thing is done: one folder per choice, one file per kind."""
