"""Runs on a host: tells the agent what it was told before, for a new run and release.

replay.py TALK BEGINS_AT
"""

import base64
import json
import subprocess
import sys
import time
from pathlib import Path

AGENT = ("/usr/lib/deployer/agent", "serve")


class Agent:
    """One conversation."""

    def __init__(self):
        self._process = subprocess.Popen(AGENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, message, blobs):
        if blobs:
            message = {**message, "blobs": [len(blob) for blob in blobs]}
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._process.stdin.write(line + b"".join(blobs))
        self._process.stdin.flush()

    def receive(self, event):
        """Wait for an event, or for the hello; gives it."""
        while True:
            line = self._process.stdout.readline()
            if not line:
                raise SystemExit("the agent has ended")
            message = json.loads(line)
            if message.get("event") == event:
                return message
            if message.get("event") in ("refused", "error") or message.get("ok") is False:
                raise SystemExit(line.decode())

    def end(self):
        self._process.stdin.close()
        self._process.wait()


class Renamed:
    """Puts the new names and numbers in the place of the recorded ones."""

    def __init__(self, before, now, release):
        revision = release["id"].partition("-")[2]
        self._number = now["counter"] + 1
        self._fence = now["fence"]
        self._pairs = [
            (release["id"], f"{self._number:06d}-{revision}"),
            (before["live"], now["live"]),
        ]

    def text(self, text):
        for old, new in self._pairs:
            text = text.replace(old, new)
        return text

    def message(self, message, run, new_run):
        changed = json.loads(self.text(json.dumps(message)).replace(run, new_run))
        if changed.get("verb") == "begin":
            changed["fence"], changed["beats"] = self._fence, False
            changed["release"]["number"] = self._number
        return changed


def main(talk, begins):
    steps = json.loads(Path(talk).read_text())
    begin = next(one["message"] for one in steps if one.get("message", {}).get("verb") == "begin")
    before = next(one["app"] for one in steps if "app" in one)
    new_run = time.strftime("%Y%m%d-%H%M%S-") + "0f0f"
    agents, renamed = {}, None
    time.sleep(max(0.0, float(begins) - time.time()))  # noqa: TID251  all begin at once
    for number, step in enumerate(steps):
        if "from" in step:
            agent = agents.get(step["from"]) or agents.setdefault(step["from"], Agent())
            if not _is_awaited(steps, number):
                continue
            answer = agent.receive(step["event"])
            if renamed is None and "app" in step:
                renamed = Renamed(before, answer["answers"]["app"], begin["release"])
            continue
        message, blobs = step["message"], [base64.b64decode(one) for one in step["blobs"]]
        if renamed is not None:
            message = renamed.message(message, begin["run"], new_run)
            blobs = [renamed.text(one.decode("latin-1")).encode("latin-1") for one in blobs]
        agents[step["to"]].send(message, blobs)
    for agent in agents.values():
        agent.end()
    print(time.time())


def _is_awaited(steps, number):
    """Whether it was the last word of a conversation before we spoke again, or for ever."""
    mine = steps[number]["from"]
    for later in steps[number + 1 :]:
        if later.get("from") == mine:
            return False
        if later.get("to") == mine:
            return True
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
