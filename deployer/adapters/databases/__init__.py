"""What is backed up before a release changes it."""
