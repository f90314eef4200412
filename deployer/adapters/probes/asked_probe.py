# Begins a script that asks what schema the database has; one JSON object is its last line.
import json, os, signal, sys, time

sys.path.insert(0, os.getcwd())
sys.argv[:] = ["manage.py"]
sys.stdout = sys.stderr  # what the app prints is not the answer


def _too_long(*_):
    raise SystemExit("the database did not answer in 60 s")


signal.signal(signal.SIGALRM, _too_long)
signal.alarm(60)


_MYSQL = (
    "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND %s <> '' "
    "AND id <> CONNECTION_ID() AND info REGEXP '^ *(ALTER|CREATE|DROP|RENAME) '",
    "KILL %s",
)
_SESSIONS = {
    "postgresql": (
        "SELECT pid FROM pg_stat_activity WHERE application_name = %s "
        "AND datname = current_database()",
        "SELECT pg_terminate_backend(%s)",
    ),
    "mysql": _MYSQL,  # its sessions have no name, but who else changes tables?
    "mariadb": _MYSQL,
}


def _sessions_left(ask, vendor):
    """Wait until the migration has no session any more; end it after a while."""
    name = os.environ.get("DEPLOYER_SESSION")
    if not name or vendor not in _SESSIONS:
        return 0
    find, end = _SESSIONS[vendor]
    for tick in range(100):
        left = ask(find, [name])
        if not left:
            return 0
        if tick in (25, 50, 75):
            for one in left:
                try:
                    ask(end, [one[0]])
                except Exception:  # it has ended by itself
                    continue
        time.sleep(0.2)
    return len(left)


def _answer(found):
    print(json.dumps(found), file=sys.__stdout__)
