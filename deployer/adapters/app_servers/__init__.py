"""Programs that run the app."""
