"""Write the golden texts anew: `python -m tests.golden.output.rewrite`, then read the diff."""

import tempfile
from pathlib import Path

from tests.golden.output.recordings import RUNS
from tests.golden.output.shown import SINKS, markdown

FOLDER = Path(__file__).parent


def main() -> None:
    for run, events in RUNS.items():
        for sink, show in SINKS.items():
            (FOLDER / f"{run}.{sink}.txt").write_text(show(events()), newline="")
        with tempfile.TemporaryDirectory() as folder:
            (FOLDER / f"{run}.summary.md").write_text(markdown(events(), Path(folder)))


if __name__ == "__main__":
    main()
