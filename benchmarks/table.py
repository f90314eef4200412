"""Figures as a page: ratios, medians, smallest and largest, and on which machine."""

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median

from benchmarks.costs import Cost
from benchmarks.samples import Samples

_HEAD = """\
# deployer beside a hand-written deploy.sh

Written by `benchmarks/compare.py` on {day}: {rounds} rounds, both ways in turns, whole commands as
they are typed. Median seconds (smallest to largest; runs). Below 1 the ratio says that we are
faster. CPU seconds are those of the controller and all hosts together.

Machine: {machine}; load {load} when this was written.
{versions}.
The hosts are lab hosts on the same cores as the controller, so these ratios hold for this machine;
other work on it lengthens both.

deploy.sh does every step each time and restarts in place, so that requests fail meanwhile; ours
starts the new release beside the old one, proves it, and switches. `settle` is 0, as the script
has none.
"""
_TIMES = "| {name} | {ratio:.2f} | {ours} | {bash} | {cpu_ratio:.2f} | {cpu} |\n"
_COSTS = (
    "| {name} | {c.connections} | {c.round_trips} | {c.messages_sent} | {c.messages_received} "
    "| {sent:.1f} | {received:.1f} |\n"
)


def report(found: Mapping[int, tuple[Samples, tuple[Cost, ...]]], rounds: int) -> str:
    """Give the page."""
    page = _HEAD.format(
        day=f"{datetime.now(UTC):%Y-%m-%d}",  # noqa: TID251  a page says when it was written
        rounds=rounds,
        machine=f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}",
        load=" ".join(f"{one:.1f}" for one in os.getloadavg()),
        versions=_versions(),
    )
    for hosts, (samples, counted) in found.items():
        page += f"\n## {hosts} host{'s' if hosts > 1 else ''}\n\n"
        page += "| | ours/deploy.sh | ours | deploy.sh | CPU ratio | CPU seconds |\n"
        page += "|---|---|---|---|---|---|\n"
        for name in samples.names:
            ours, bash = samples.cpu(name, "ours"), samples.cpu(name, "bash")
            page += _TIMES.format(
                name=name,
                ratio=samples.ratio(name),
                ours=_spread(samples.walls(name, "ours")),
                bash=_spread(samples.walls(name, "bash")),
                cpu_ratio=ours / bash,
                cpu=f"{ours:.2f} and {bash:.2f}",
            )
        page += "\nOn each host our commands cost (the busiest one):\n\n"
        page += "| | connections | round trips | messages out | messages in | KiB out | KiB in |\n"
        page += "|---|---|---|---|---|---|---|\n"
        for one in counted:
            sent, received = one.counts.bytes_sent / 1024, one.counts.bytes_received / 1024
            page += _COSTS.format(name=one.name, c=one.counts, sent=sent, received=received)
    return page


def _spread(seconds: list[float]) -> str:
    return f"{median(seconds):.2f} ({seconds[0]:.2f} to {seconds[-1]:.2f}; {len(seconds)})"


def _versions() -> str:
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr
    names = ("deployer", "fabric", "paramiko", "pydantic")
    ours = ", ".join(f"{name} {version(name)}" for name in names)
    return f"Python {platform.python_version()}, {ours}; {ssh.split(',')[0]}"
