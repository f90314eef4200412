"""Disposable real Debian hosts (systemd, sshd, nginx) for the demo, tests and rehearsals."""
