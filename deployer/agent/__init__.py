"""The program on a host: it journals before it acts, holds the lock, finishes or undoes."""
