"""What runs beside the tiny app: a worker that takes jobs, a tick, and a migration that looks."""

import time
from collections.abc import Callable
from pathlib import Path

from deployer.lab.host import LabHost
from tests.apps import DATA, App, commit, wheelhouse
from tests.faults.tiny import NAME, tiny

SHARED = f"/srv/{NAME}/shared"
WORKER = f"""
import os, signal, sys, time
from pathlib import Path

SHARED = Path("{SHARED}")
REPLICA, RELEASE = sys.argv[1], os.environ["RELEASE_ID"]
ALIVE = SHARED / f"alive-{{REPLICA}}"
ends = []
signal.signal(signal.SIGTERM, lambda *_: ends.append(1))
ALIVE.write_text(RELEASE)
print("ready", RELEASE, flush=True)
while not ends:
    for job in sorted(SHARED.glob("*.job")):
        taken = job.with_suffix(f".taken{{REPLICA}}")
        try:
            job.rename(taken)
        except FileNotFoundError:
            continue
        until = time.monotonic() + 2
        while time.monotonic() < until:
            time.sleep(0.1)
        taken.write_text(RELEASE)
        taken.rename(job.with_suffix(".done"))
        break
    time.sleep(0.1)
ALIVE.unlink()
"""
DEAF = WORKER.replace("lambda *_: ends.append(1)", "signal.SIG_IGN")
DIES = """
import time
time.sleep(1)
raise RuntimeError("no broker to be found")
"""
TICK = f"""
import os
with open("{SHARED}/ticks", "a") as ticks:
    print(os.environ["RELEASE_ID"], file=ticks)
"""
MIGRATE = f"""
import app.migrate
from pathlib import Path

alive = len(list(Path("{SHARED}").glob("alive-*")))
Path("{SHARED}/seen").write_text(str(alive))
"""
CELERY = f"""
import os, time
from pathlib import Path
from celery import Celery

SHARED = Path("{SHARED}")
QUEUE = SHARED / "queue"
QUEUE.mkdir(exist_ok=True)
app = Celery("app.jobs", broker="filesystem://")
app.conf.broker_transport_options = {{
    "data_folder_in": str(QUEUE), "data_folder_out": str(QUEUE), "control_folder": str(QUEUE),
}}


@app.task(name="slow")
def slow(name):
    (SHARED / f"{{name}}.taken").touch()
    time.sleep(5)
    (SHARED / f"{{name}}.done").write_text(os.environ["RELEASE_ID"])


def send():
    for number in range(6):
        slow.delay(f"c-{{number}}")
"""


def beside(target: Path) -> App:
    """The tiny app with all of them in its code."""
    app = tiny(target)
    change(app, "First")
    return app


def change(app: App, subject: str, *, worker: str = WORKER) -> str:
    """Commit something new; gives the commit."""
    files = {"app/worker.py": worker, "app/tick.py": TICK, "app/look.py": MIGRATE}
    return commit(app, subject, {**files, "NEWS": subject})


def with_celery(target: Path) -> App:
    """The tiny app with a Celery of its own, whose broker is a shared folder."""
    app = tiny(target)
    folder = DATA / "jobs"
    wheelhouse(folder / "requirements.txt.append", target / "wheels")
    pinned = (app.repository / "requirements.txt").read_text()
    more = (folder / "requirements.txt.append").read_text()
    commit(app, "Work", {"requirements.txt": pinned + more, "app/jobs.py": CELERY})
    return app


def add_jobs(host: LabHost, name: str, count: int) -> None:
    """Give the workers something to do."""
    made = (
        f"for n in $(seq {count}); do touch {SHARED}/{name}-$n.job; done; chown -R {NAME}: {SHARED}"
    )
    assert host.run(made).returncode == 0


def until(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait until something is so; tells whether it came to be."""
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(0.2)  # noqa: TID251  a real host
    return True


def running(host: LabHost) -> dict[str, str]:
    """Give the release that each active process is of, by its unit."""
    script = (
        f"for u in $(systemctl list-units --plain --no-legend --state=active '{NAME}.*@*.service' "
        "| awk '{print $1}'); do p=$(systemctl show -P MainPID $u); "
        "echo $u $(tr '\\0' '\\n' < /proc/$p/environ | sed -n s/^RELEASE_ID=//p); done"
    )
    # One that is just going has a unit and no environment any more.
    found = (line.split() for line in host.run(script).stdout.splitlines())
    return {words[0]: words[1] for words in found if len(words) > 1}


def read(host: LabHost, path: str) -> list[str]:
    """Give the words of a shared file."""
    return host.run(f"cat {SHARED}/{path} 2>/dev/null").stdout.split()
