"""How a line is meant, and which mark and style say so; every mark is readable without colour."""

from collections.abc import Mapping
from enum import StrEnum

from deployer.core.report import Outcome


class Tone(StrEnum):
    """What a line is to its reader."""

    TITLE = "title"
    PHASE = "phase"
    GOOD = "good"
    QUIET = "quiet"
    DETAIL = "detail"
    WARNING = "warning"
    BAD = "bad"


STYLES: Mapping[Tone, str] = {
    Tone.TITLE: "bold",
    Tone.PHASE: "bold cyan",
    Tone.GOOD: "green",
    Tone.QUIET: "dim",
    Tone.DETAIL: "dim",
    Tone.WARNING: "yellow",
    Tone.BAD: "bold red",
}
"""Styles of rich by tone."""

MARKS: Mapping[Tone, str] = {Tone.GOOD: "✓", Tone.QUIET: "·", Tone.WARNING: "!", Tone.BAD: "✗"}
ASCII_MARKS: Mapping[Tone, str] = {
    Tone.GOOD: "+",
    Tone.QUIET: ".",
    Tone.WARNING: "!",
    Tone.BAD: "x",
}
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ASCII_FRAMES = "|/-\\"

_WORDS: Mapping[Outcome, tuple[str, Tone]] = {
    Outcome.COMMITTED: ("committed", Tone.GOOD),
    Outcome.UNCHANGED: ("unchanged", Tone.GOOD),
    Outcome.DIFFERENCES: ("differences", Tone.WARNING),
    Outcome.UNREACHABLE: ("UNREACHABLE", Tone.BAD),
    Outcome.LOCKED: ("LOCKED", Tone.WARNING),
    Outcome.ABORTED: ("ABORTED", Tone.WARNING),
    Outcome.ROLLED_BACK: ("ROLLED BACK", Tone.WARNING),
    Outcome.ROLLBACK_FAILED: ("ROLLBACK FAILED", Tone.BAD),
    Outcome.UNKNOWN: ("UNKNOWN", Tone.BAD),
    Outcome.MIXED: ("MIXED", Tone.BAD),
    Outcome.INTERRUPTED: ("INTERRUPTED", Tone.WARNING),
}


def outcome_words(outcome: Outcome) -> str:
    """Say an outcome; bad ones in capitals, since colour may be missing."""
    return _WORDS[outcome][0]


def outcome_tone(outcome: Outcome) -> Tone:
    """Tell how an outcome is meant."""
    return _WORDS[outcome][1]
