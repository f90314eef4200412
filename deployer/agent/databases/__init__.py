"""The clients of database servers, and their URLs."""
