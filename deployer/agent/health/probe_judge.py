"""Judge one answer of the health check, and name its usual cause."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from deployer.agent.health.health_judge import Trouble
from deployer.agent.health.request import Answer

_REDIRECTS = (301, 302, 307, 308)
_MEANINGS = {
    400: (
        "the app refuses the host name of the probe",
        "Add the host name of the probe to ALLOWED_HOSTS.",
    ),
    401: ("it wants a login", "Set `health.path` to a page that needs no login."),
    403: ("it wants a login", "Set `health.path` to a page that needs no login."),
    404: ("no such page", "Set `health.path` to a page that the app has."),
}
_BAD_GATEWAY = (502, 503, 504)
_SERVER_ERROR = 500
_READ_TRACEBACK = (
    "Read the app's traceback above. There is none? Django with DEBUG off logs it only if LOGGING "
    "has a handler for the console."
)
_SHOWN = 120
_SAYS_NOTHING = re.compile(r"(?:500 )?(?:internal )?server error", re.IGNORECASE)


@dataclass(frozen=True)
class Expectation:
    """What a probe must bring: a status, from this release, by one of these processes."""

    path: str
    status: tuple[int, ...]
    release: str
    direct: bool = True
    processes: AbstractSet[int] = frozenset()


def judge_answer(answer: Answer, wanted: Expectation) -> Trouble | None:
    """Give what is wrong with an answer, or nothing."""
    if answer.problem:
        return _unreachable(answer, wanted)
    from_other = _from_other_release(answer, wanted)
    if answer.status not in wanted.status:
        return from_other or _wrong_status(answer, wanted)
    return from_other or _unproven(answer, wanted)


def _unreachable(answer: Answer, wanted: Expectation) -> Trouble:
    place = "the socket of the new release" if wanted.direct else "the web server"
    causes = {
        "refused": f"{place} refuses connections",
        "timeout": f"`{wanted.path}` gave {answer.detail}",
        "closed": f"{place} closed the connection without an answer",
        "garbage": f"{place} does not speak HTTP: `{answer.detail}`",
        "tls": f"{place} refused TLS: {answer.detail}",
    }
    hints = {
        "refused": "Check that the app binds the socket that the unit gives it.",
        "timeout": "Look for a slow database or a lock at start; or raise `health.timeout`.",
        "tls": "Check the certificate paths of the site.",
    }
    return Trouble(answer.problem, causes[answer.problem], hints.get(answer.problem, ""))


def _from_other_release(answer: Answer, wanted: Expectation) -> Trouble | None:
    release = answer.headers.get("x-release", "")
    if not release or release == wanted.release:
        return None
    cause = f"`{wanted.path}` was answered by release `{release}`, not `{wanted.release}`"
    hint = "Another process still serves: look for a second unit on the same socket or port."
    return Trouble("release", cause, hint)


def _unproven(answer: Answer, wanted: Expectation) -> Trouble | None:
    if "x-release" not in answer.headers:
        cause = f"the answer of `{wanted.path}` does not say which release gave it"
        hint = "The app must be started with the gunicorn.conf.py of its release."
        return Trouble("release", cause, hint)
    process = answer.headers.get("x-release-pid", "")
    if wanted.direct and wanted.processes and not process.isdigit():
        cause = f"the answer of `{wanted.path}` does not say which process gave it"
        return Trouble("process", cause)
    if process.isdigit() and wanted.processes and int(process) not in wanted.processes:
        cause = f"`{wanted.path}` was answered by process {process}, which is not of this unit"
        return Trouble("process", cause, "Stop the process that took the socket over.")
    return None


def _wrong_status(answer: Answer, wanted: Expectation) -> Trouble:
    status = answer.status
    said = f"`{wanted.path}` answered {status}"
    if status in _REDIRECTS:
        return _redirected(said, answer.headers.get("location", ""))
    if status in _BAD_GATEWAY and not wanted.direct:
        cause = f"{said} through the web server: it does not reach the app"
        return Trouble("status", cause, "Check that the web server may open the app's socket.")
    if status >= _SERVER_ERROR:
        cause = f"{said}{_excerpt(answer)}"
        return Trouble("status", cause, _READ_TRACEBACK)
    meaning, hint = _MEANINGS.get(status, ("", ""))
    wishes = " or ".join(str(one) for one in wanted.status)
    cause = f"{said}: {meaning}" if meaning else f"{said}, not {wishes}"
    return Trouble("status", cause, hint or "Check `health.expect_status`.")


def _redirected(said: str, target: str) -> Trouble:
    shown = target[:_SHOWN]
    if target.startswith("https://"):
        cause = f"{said} to {shown}: the app redirects to HTTPS"
        hint = "Set SECURE_REDIRECT_EXEMPT for the health path, or trust X-Forwarded-Proto."
        return Trouble("status", cause, hint)
    cause = f"{said} to `{shown}`"
    hint = "Redirects are not followed: set `health.path` to a page that answers by itself."
    return Trouble("status", cause, hint)


def _excerpt(answer: Answer) -> str:
    text = re.sub(r"<[^>]*>", " ", answer.body[:4096].decode("utf-8", "replace"))
    words = " ".join(text.split())
    shown = "".join(sign for sign in words if sign.isprintable())[:_SHOWN]
    return f": {shown}" if shown and not _SAYS_NOTHING.match(shown) else ""
