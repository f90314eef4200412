"""Leave a command: its exit code, or an error with its hint and never a traceback."""

import gc
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TypeVar

from invoke.exceptions import Exit

from deployer.api.place import Place, this_folder, this_place
from deployer.api.request import Request
from deployer.errors import DeployerError, InternalError
from deployer.output.stream import Stream
from deployer.output.text import clean, harmless

Asked = TypeVar("Asked", bound=Request)

_RARELY = 100_000
"""New objects between two searches for reference cycles; Python's own 700 suits long runs."""


def leave(
    command: Callable[[Place, Asked], int], request: Asked, *, anywhere: bool = False
) -> None:
    """Do a command and exit with its code; Invoke's Exit carries it.

    With `anywhere` the folder need not be inside a project.
    """
    _hear_signals()
    gc.freeze()  # what was imported stays: no need to search it again and again
    gc.set_threshold(_RARELY)
    try:
        code = command(this_folder() if anywhere else this_place(), request)
    except DeployerError as error:
        _tell(error, request)
        raise Exit(code=error.exit_code) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201  the command line talks to people
        raise Exit(code=130) from None
    except BrokenPipeError:
        # Whoever read our output is gone; the work itself was not disturbed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(code=0) from None
    except Exception as bug:
        if os.environ.get("DEPLOYER_TRACEBACK"):
            raise
        _tell(_reported(bug), request)
        raise Exit(code=1) from None
    finally:
        gc.freeze()  # nor at the end, where Python would search all of it once more
    if code:
        raise Exit(code=code)


def _hear_signals() -> None:
    """Take SIGTERM and SIGHUP for a Ctrl-C, unless somebody else has a use for them."""
    if threading.current_thread() is not threading.main_thread():
        return
    for one in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(one) is signal.SIG_DFL:
            signal.signal(one, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _reported(bug: Exception) -> InternalError:
    # Its kind and its place, not its text: that may quote a secret.
    last = traceback.extract_tb(bug.__traceback__)[-1]
    return InternalError(
        f"A bug in deployer: {type(bug).__name__} in `{Path(last.filename).name}:{last.lineno}`.",
        hint="run it again with DEPLOYER_TRACEBACK=1 and report what it prints",
    )


def _tell(error: DeployerError, request: Request) -> None:
    if request.output == "json":
        told = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
        print(json.dumps({"event": "Error", **told}), flush=True)  # noqa: T201  as above
    # Words of a command line may come from a branch's name or a CI variable: they are quoted.
    stderr = Stream(sys.stderr)
    for line in f"error: {error.message}".split("\n"):
        stderr.line(harmless(clean(line)))
    if error.hint:
        stderr.line(harmless(clean(f"hint: {error.hint}")))
