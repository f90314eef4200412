import json
from pathlib import Path

from docs.generator.reliability import reliability_page

RUN = {"run": True, "date": "2026-11-25 22:00", "seed": 7, "hosts": 2, "minutes": 25.0}
ROWS = (
    {**RUN, "machine": "2 cores, 23 GiB, Linux 6.18"},
    {"kind": "reboot", "point": "mid:pull", "during": "deploy", "recovered": 2.0, "asked": 50},
    {"kind": "reboot", "point": "after:propose", "during": "deploy", "recovered": 4.0, "lost": 1},
    {"kind": "reboot", "point": "mid:undo:pull", "during": "deploy", "problems": ["a | b"]},
    {"kind": "reboot", "point": "rename:swap:2", "during": "restore", "recovered": 1.0},
    {"kind": "cut", "point": "mid:swap", "during": "restore", "asked": 30, "lost": 12},
    {"kind": "cut", "point": "mid:run_processes@0.3", "way": "workers"},
    {"kind": "cut", "point": "after:restart", "way": "socket > plain", "asked": 9, "lost": 5},
    {"kind": "Ctrl-C", "point": "before:journal:begin", "during": "deploy", "noticed": 11.2},
    {
        "control": True,
        "mechanism": "lock",
        "fault": "two",
        "with": [],
        "without": ["x"],
        "shown": True,
    },
    {"corrupted": 34, "missed": []},
    {"corrupted": 66, "missed": ["flip of backup.json"]},
)


def written(folder: Path) -> Path:
    results = folder / "results.jsonl"
    results.write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    return results


def test_the_page_counts_what_was_survived(tmp_path: Path) -> None:
    text = reliability_page(written(tmp_path))

    assert "**8 faults injected, 7 survived**" in text
    assert "1 of 1 mechanisms shown to be needed. 2026-11-25 22:00 UTC" in text


def test_each_point_has_its_column(tmp_path: Path) -> None:
    lines = reliability_page(written(tmp_path)).splitlines()
    heads = next(line for line in lines if line.startswith("| kind | begin")).split(" | ")
    reboot = next(line for line in lines if line.startswith("| reboot")).split(" | ")
    cut = next(line for line in lines if line.startswith("| cut")).split(" | ")
    counted = {head: cell for head, cell in zip(heads, reboot, strict=True) if "/" in cell}

    assert "install" not in heads
    assert (cut[heads.index("processes")], cut[heads.index("restart")]) == ("1/1", "1/1")
    assert counted.pop("restore") == "1/1"
    assert counted == {"pull": "1/1", "confirm": "1/1", "way back": "0/1", "all |": "3/4 |"}


def test_what_was_not_survived_is_named(tmp_path: Path) -> None:
    text = reliability_page(written(tmp_path))

    assert "| deploy | reboot | mid:undo:pull | a \\| b |" in text


def test_what_the_stop_of_a_restore_or_a_turn_costs_is_counted_apart(tmp_path: Path) -> None:
    lines = reliability_page(written(tmp_path)).splitlines()
    figures = [line for line in lines if line.startswith("| cut | 3 |")]

    assert figures == ["| cut | 3 | 0.0 | 0.0 |  | 39 | 0 |  | 17 |"]


def test_corrupted_backups_are_counted_over_all_hosts(tmp_path: Path) -> None:
    text = reliability_page(written(tmp_path))

    assert "**100 fed, 99 found**; not found: flip of backup.json." in text


def test_without_results_the_page_says_so(tmp_path: Path) -> None:
    assert "No run has been kept yet" in reliability_page(tmp_path / "none.jsonl")
