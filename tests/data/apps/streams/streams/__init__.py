"""Answers slowly, streams, takes uploads, talks over websockets; says who and which it is."""
