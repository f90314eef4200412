"""What installs the requirements."""
