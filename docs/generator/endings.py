"""The reference of exit codes, outcomes and errors."""

from collections.abc import Iterator

from deployer import errors
from deployer.core.report import EXIT_CODES, Outcome
from docs.generator.markdown import first_sentence, page, table

MEANINGS = {
    0: ("done, or already live and healthy", "the new release serves (or served already)"),
    1: ("a bug of ours, or a lab host that did not come up", "look with `inv status`"),
    2: ("usage or configuration error", "no host was changed"),
    3: (
        "differences found (`plan`, `--dry-run`, `trust`), or a backup is damaged or too old",
        "nothing was changed",
    ),
    4: ("a host is unreachable, or its key is unknown or changed", "nothing was changed"),
    5: ("locked or held: another run is at work", "this run changed nothing"),
    6: ("failed and rolled back", "the old release serves and is healthy"),
    7: ("failed and **not** recovered, or nobody knows", "page someone: `inv status`"),
    8: ("the hosts are on different releases", "each host serves a good release"),
    9: ("stopped before anything live was touched", "the old release serves"),
    130: ("interrupted, put back", "the old release serves"),
}
_INTRO = """\
The exit code says what is true on the hosts now. An exit code of a program on a host never becomes
that of a command. What to do with each is in
[When a deploy fails](../guides/when-it-fails.md)."""
_ERRORS = """\
Every error is one sentence with the value in it, then `hint:` with the next step. The classes are
in `deployer/errors.py`."""


def endings_page() -> str:
    """Give the page; a code without a meaning raises KeyError."""
    classes = list(_classes(errors.DeployerError))
    codes = sorted({*EXIT_CODES.values(), *(one.exit_code for one in classes)})
    meanings = [(f"`{code}`", *MEANINGS[code]) for code in codes]
    outcomes = [(f"`{one}`", f"`{EXIT_CODES[one]}`") for one in Outcome]
    rows = [
        (f"`{one.__name__}`", f"`{one.exit_code}`", first_sentence(one.__doc__)) for one in classes
    ]
    return page(
        "Exit codes, outcomes and errors",
        _INTRO,
        "## Exit codes",
        table(("code", "meaning", "what is true now"), meanings),
        "## Outcomes",
        "The outcome of a run is that of its worst host; `mixed` when some hosts committed and "
        "others did not.",
        table(("outcome", "exit code"), outcomes),
        "## Errors",
        _ERRORS,
        table(("error", "exit code", "meaning"), rows),
    )


def _classes(root: type[errors.DeployerError]) -> Iterator[type[errors.DeployerError]]:
    yield root
    for one in root.__subclasses__():
        yield from _classes(one)
