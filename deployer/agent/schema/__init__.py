"""What the database of an app holds of its migrations."""
