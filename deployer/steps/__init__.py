"""What is done to hosts, one step a file; steps do not know each other."""
