from pathlib import Path

from benchmarks.compare import main


def test_one_round_on_one_host_ends_with_a_table_of_ratios(tmp_path: Path) -> None:
    page = tmp_path / "results.md"

    code = main(["--hosts", "1", "--rounds", "1", "--out", str(page)])

    rows = [line.split(" | ") for line in page.read_text().splitlines() if line.startswith("| ")]
    ratios = {row[0].removeprefix("| "): float(row[1]) for row in rows if len(row) == 6 and row[1]}
    assert code == 0
    assert {"redeploy", "no-op", "rollback, old release warm"} <= set(ratios)
