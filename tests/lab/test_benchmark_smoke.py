from pathlib import Path

from benchmarks.compare import main


def test_a_brief_look_at_one_host_ends_with_a_table_of_ratios(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    words = ["--places", "1", "--ways", "ours", "bash", "--brief", "--keep", str(tmp_path / "keep")]

    assert main([*words, "--out", str(page)]) == 0

    rows = [line.split(" | ") for line in page.read_text().splitlines()]
    walls = {row[0].removeprefix("| "): row for row in rows if len(row) > 1 and "(1)" in row[1]}
    assert set(walls) == {"redeploy", "rollback", "no-op", "rollback, old release stopped"}
    assert all("x" in row[1] for row in walls.values())
    assert main([*words, "--out", str(page)]) == 0  # nothing is missing, so no host is started
