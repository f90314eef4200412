"""Deployer: puts a Python web app on your own hosts; safe, then clear, then fast."""

__version__ = "0.1.0"
