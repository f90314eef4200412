# Runs in the app's environment; asks the inventory's `pending` command, fills `report`.
if leader:
    import subprocess

    _asked = subprocess.run(WORDS, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if _asked.returncode != 0:
        raise SystemExit(f"`pending` ended with exit code {_asked.returncode}: {_asked.stderr}")
    _pending = _asked.stdout.split("\n")
    _names = [line.strip() for line in _pending if line.strip()]
    report["migrations"] = {"pending": _names, "destructive": _names}
