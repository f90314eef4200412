import json
from pathlib import Path

from docs.generator.load import load_page

ABOUT = {"date": "2026-11-26", "machine": "2 cores", "load": 0.5, "rate": 200.0, "problems": {}}
TIMES = {"p50": 0.012, "p99": 0.0424, "slowest": 0.2, "silence": 0.05}
SEEN = {**ABOUT, **TIMES, "hosts": 1, "failed": 0, "asked": 4000}
ROWS = (
    {**SEEN, "kind": "plain", "did": {"good": 4}, "failed": 812, "silence": 2.26}
    | {"memory_before": 50 << 20, "memory_peak": 60 << 20},
    {**SEEN, "kind": "blue-green", "everything": True, "hosts": 3, "asked": 100_123}
    | {"did": {"good": 15, "hang": 5}},
)


def written(folder: Path, *rows: object) -> str:
    results = folder / "load.jsonl"
    results.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return load_page(results)


def test_the_page_says_how_many_failed_of_how_many(tmp_path: Path) -> None:
    text = written(tmp_path, *ROWS)

    assert "**0 of 100,123 requests failed** in 20 deploys, rollbacks and failed deploys" in text
    assert "on 3 hosts behind a balancer" in text
    assert "| 3 | 15x good, 5x hang | 100,123 | 0 | 12 ms | 42 ms | 50 ms |" in text


def test_each_kind_has_its_line_with_pause_and_memory(tmp_path: Path) -> None:
    line = "| `plain` | 4 | 4,000 | 812 | 12 ms | 42 ms | 200 ms | 2.3 s | 50 MB, at most 60 MB |"

    assert line in written(tmp_path, *ROWS)


def test_what_failed_with_blue_green_is_named(tmp_path: Path) -> None:
    bad = {**ROWS[1], "failed": 1, "problems": {"GET: 502": 1}}

    assert "What failed with `blue-green`" not in written(tmp_path, *ROWS)
    assert "| 3 | {'GET: 502': 1} |" in written(tmp_path, bad)


def test_without_results_the_page_names_the_command(tmp_path: Path) -> None:
    assert "`python -m benchmarks.load`" in load_page(tmp_path / "none")
