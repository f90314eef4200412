# Begins a script that asks what schema the database has; one JSON object is its last line.
import json, os, signal, sys, time

sys.path.insert(0, os.getcwd())
sys.argv[:] = ["manage.py"]
sys.stdout = sys.stderr  # what the app prints is not the answer


def _too_long(*_):
    raise SystemExit("the database did not answer in 60 s")


signal.signal(signal.SIGALRM, _too_long)
signal.alarm(60)


def _sessions_left(ask, vendor):
    """Wait until the migration has no session any more; end it after a while. PostgreSQL only."""
    name = os.environ.get("DEPLOYER_SESSION")
    if not name or vendor != "postgresql":
        return 0
    found = "FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
    for tick in range(100):
        left = ask(f"SELECT count(*) {found}", [name])[0][0]
        if not left:
            return 0
        if tick in (25, 50, 75):
            ask(f"SELECT pg_terminate_backend(pid) {found}", [name])
        time.sleep(0.2)
    return left


def _answer(found):
    print(json.dumps(found), file=sys.__stdout__)
