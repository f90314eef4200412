from pathlib import Path

from benchmarks.compare import main


def test_a_brief_look_at_one_host_ends_with_a_table_of_ratios(tmp_path: Path) -> None:
    page = tmp_path / "results.md"

    code = main(["--hosts", "1", "--brief", "--out", str(page)])

    rows = [line.split(" | ") for line in page.read_text().splitlines() if line.startswith("| ")]
    ratios = {
        row[0].removeprefix("| "): float(row[1]) for row in rows if len(row) == 6 and row[0] != "|"
    }
    assert code == 0
    assert set(ratios) == {"redeploy", "no-op"}
