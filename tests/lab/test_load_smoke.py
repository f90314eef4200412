import json
from pathlib import Path

from benchmarks.load import main


def test_nobody_loses_a_request_while_releases_come_and_go(tmp_path: Path) -> None:
    out = tmp_path / "load.jsonl"
    words = ["--hosts", "1", "--kinds", "blue-green", "--switches", "1", "--rate", "40"]

    code = main([*words, "--requests", "1500", "--things", "3", "--out", str(out)])

    kind, whole = map(json.loads, out.read_text().splitlines())
    assert code == 0, (kind, whole)
    assert (kind["failed"], whole["failed"]) == (0, 0)
    assert whole["asked"] >= 1500
    assert {"slow upload", "server-sent events", "websocket"} < set(whole["kinds"])
    assert kind["memory_peak"] > kind["memory_before"] > 0
