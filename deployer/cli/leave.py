"""Leave a command: its exit code, or an error with its hint and never a traceback."""

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from invoke.exceptions import Exit

from deployer.api.place import Place, this_folder, this_place
from deployer.api.request import Request
from deployer.errors import DeployerError, InternalError

Asked = TypeVar("Asked", bound=Request)


def leave(
    command: Callable[[Place, Asked], int], request: Asked, *, anywhere: bool = False
) -> None:
    """Do a command and exit with its code; Invoke's Exit carries it.

    With `anywhere` the folder need not be inside a project.
    """
    try:
        code = command(this_folder() if anywhere else this_place(), request)
    except DeployerError as error:
        _tell(error)
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
        _tell(
            InternalError(
                f"A bug in deployer: {type(bug).__name__}: {bug}",
                hint="run it again with DEPLOYER_TRACEBACK=1 and report what it prints",
            )
        )
        raise Exit(code=1) from None
    if code:
        raise Exit(code=code)


def _tell(error: DeployerError) -> None:
    print(f"error: {error.message}", file=sys.stderr)  # noqa: T201  as above
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)  # noqa: T201  as above
