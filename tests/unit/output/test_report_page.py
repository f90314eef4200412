"""The page about a run, as text and as a browser lays it out."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deployer.core.event import RunStarted, StepFailed, StepFinished, StepStarted
from deployer.output.report_page import ReportPage, page
from deployer.output.timeline import Timeline
from tests.golden.output.recordings import EVIL, FakeClock
from tests.unit.output.test_timings import RUN, fed

CHROMIUM = shutil.which("chromium") or ""
MEASURE = """<script>
addEventListener("error", event => document.title = "ERROR " + event.message);
const inside = (small, big) => small.left >= big.left - 1 && small.right <= big.right + 1;
const seen = [...document.querySelectorAll(".track")].map(track => {
  const outer = track.getBoundingClientRect();
  const bars = [...track.querySelectorAll(".bar")].map(bar => bar.getBoundingClientRect());
  return {width: outer.width, bars: bars.length, inside: bars.every(bar => inside(bar, outer)),
    parts: bars.map(bar => Math.round(100 * bar.width / outer.width))};
});
document.title = JSON.stringify({tracks: seen, wide: document.body.scrollWidth > innerWidth,
  requests: performance.getEntriesByType("resource").length});
</script>"""


def test_the_page_has_all_hosts_steps_and_the_failure():
    text = page(fed(Timeline))

    assert "ROLLED BACK: 000001-aaaaaaa serves again (10.0 s, exit 6)" in text
    assert text.count('class="bar ') == 4 + 4  # a step that was skipped has none; and the key
    assert "check_health failed on web1" in text
    assert "Hint: Read it." in text
    assert "Next: <code>inv releases --env prod</code>" in text


def test_it_needs_nothing_from_elsewhere():
    assert not re.search(r"(?:src|href)=|url\(|@import|<script|https?:", page(fed(Timeline)))


def test_text_of_hosts_stays_text():
    evil = EVIL + '<script>alert(1)</script> " onclick="x'
    run = (
        (0.0, RunStarted(evil, evil, evil, evil, (evil,))),
        (0.0, StepStarted(evil, evil)),
        (1.0, StepFinished(evil, evil, 1.0, note=evil)),
        (0.0, StepFailed(evil, evil, 1.0, evil, evil, (evil,))),
    )

    text = page(fed(Timeline, run=run))

    assert "<script" not in text
    assert ' onclick="' not in text
    assert "\x1b" not in text


def test_a_run_without_an_end_has_a_page_that_says_so(tmp_path: Path):
    path = tmp_path / "report.html"

    fed(lambda clock: ReportPage(Timeline(clock), path), run=RUN[:5]).close()

    assert "the command ended before the run did" in path.read_text()


def test_a_command_that_never_reached_a_host_has_a_page(tmp_path: Path):
    path = tmp_path / "report.html"
    sink = ReportPage(Timeline(FakeClock()), path)

    sink.close()

    assert path.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("width", [1200, 420])
def test_a_browser_lays_it_out_within_its_lanes(tmp_path: Path, width: int):
    assert CHROMIUM, "this test needs chromium: apt-get install chromium"
    path = tmp_path / "report.html"
    path.write_text(page(fed(Timeline)).replace("</html>", f"{MEASURE}</html>"))

    seen = measured(path, width, tmp_path)

    axis, phases, *hosts = seen["tracks"]
    assert [(one["bars"], one["inside"]) for one in hosts] == [(3, True), (1, True)]
    assert hosts[0]["parts"] == [60, 15, 5]
    assert axis["width"] == phases["width"] == hosts[0]["width"]
    assert not seen["wide"]
    assert seen["requests"] == 0


def measured(path: Path, width: int, profile: Path) -> Any:
    quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    words = (
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", *quiet),
        *(f"--user-data-dir={profile / 'profile'}", f"--window-size={width},900"),
        *("--virtual-time-budget=2000", "--dump-dom", path.as_uri()),
    )
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    title = re.search("<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert title, done.stderr[-500:]
    return json.loads(title[1].replace("&quot;", '"'))
