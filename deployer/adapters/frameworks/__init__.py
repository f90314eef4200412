"""Who migrates, collects static files and checks the code."""
