"""The health-check loop."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probe:
    """One HTTP request and what must come back.

    `socket` is a unix socket of the app, or "" to go through the web server at `front`
    (`http://127.0.0.1:80` or `https://…`). The answer must come from `release`.
    """

    path: str
    host: str
    expect_status: tuple[int, ...] = (200,)
    socket: str = ""
    front: str = ""


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """The health-check loop: all probes good, by the right process, for `settle` seconds.

    `unit` must be active with no restarts and its processes stable; `release` is the id that the
    answering process must carry. With `settle` 0 one good round is enough. Without `steady` its
    processes may change meanwhile, as those of an app with users do (`max_requests`).
    """

    unit: str
    release: str
    release_folder: str
    probes: tuple[Probe, ...]
    interval: float = 1.0
    timeout: float = 60.0
    settle: float = 3.0
    steady: bool = True
