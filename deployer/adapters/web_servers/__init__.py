"""What takes requests from outside."""
