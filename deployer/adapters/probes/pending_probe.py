# Runs in the app's environment; asks the inventory's `pending` command, fills `report`.
if leader:
    import subprocess

    _asked = subprocess.run(WORDS, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if _asked.returncode != 0:
        raise SystemExit(f"`pending` ended with exit code {_asked.returncode}: {_asked.stderr}")
    _pending = []
    for _line in filter(None, map(str.strip, _asked.stdout.split("\n"))):
        _name, _, _rest = _line.partition(" ")
        _kind, _, _what = _rest.strip().partition(" ")
        _one = {"name": _name, "changes": [{"do": "unknown", "what": _what.strip() or "is not described"}]}
        if _kind in ("additive", "destructive"):
            _one["marked"] = _kind
        _pending.append(_one)
    report["migrations"] = {"pending": _pending}
