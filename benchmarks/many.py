"""Deploys a tiny app to very many lab hosts at once, and says what that cost the controller.

    python benchmarks/many.py 100

Every inventory host is a lab host of its own, with systemd, sshd and nginx; all share these cores,
so the seconds say how long they work for themselves. The lab needs about 100 MB for each. First
deploys go twenty by twenty: so many pip at once starve each other until links count as lost.
"""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from benchmarks.measured import Stopwatch, inherited  # noqa: E402  this project is beside this file
from benchmarks.ways import INV  # noqa: E402
from deployer.lab.lab import Lab  # noqa: E402
from tests.faults.tiny import revise, tiny  # noqa: E402

_FIRST = 20


def main(hosts: str) -> None:
    """Deploy, deploy another revision, do nothing, go back."""
    with Lab(f"many-{hosts}", project=PROJECT) as lab:
        names = lab.up(int(hosts))
        folder = lab.folder / "benchmark"
        (folder / "inventories").mkdir(parents=True)
        app = tiny(folder / "tiny")
        (folder / "tasks.py").write_text("from deployer.cli.tasks import namespace\n")
        # The app comes from tests of faults, with a confirm that is soon over; here is the default.
        health = {key: one for key, one in app.section["health"].items() if key != "confirm"}
        section = {**app.section, "health": health}
        lab.write_inventory(folder / "inventories/lab.yaml", extra={"app": section})
        stopwatch = Stopwatch(lab.name, names)
        environ = inherited() | app.secrets

        def run(task: str, *words: str, on: int = len(names)) -> None:
            taken = stopwatch.run((INV, task, "--env", "lab", *words), folder, environ)
            print(
                f"{task:8} {on:3} hosts {taken.wall:7.1f} s, controller {taken.here:5.2f} s of CPU "
                f"({taken.here / on * 1000:.0f} ms a host), {taken.memory:4.0f} MiB; "
                f"hosts {taken.there:6.1f} s of CPU",
                flush=True,
            )

        run("setup")
        for start in range(0, len(names), _FIRST):
            some = [one.name for one in names[start : start + _FIRST]]
            run("deploy", "--limit", ",".join(some), on=len(some))
        revise(app, "r1")
        run("deploy")
        run("deploy")
        run("rollback")


if __name__ == "__main__":
    main(*sys.argv[1:])
