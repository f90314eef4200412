"""Every error a user can meet: one sentence, a hint with the next step, an exit code.

DeployerError
├── UsageError                    2  wrong words on the command line
│   ├── InventoryError            2  the inventory is not accepted (all problems at once)
│   ├── UnresolvedSecret          2  a secret has no value
│   ├── TemplateError             2  a template cannot be rendered
│   ├── LabUnavailable            2  this machine cannot run lab hosts
│   ├── NoSuchRelease             2
│   └── Declined                  2  a question was answered with no
├── LabError                      1  a lab host did not come up
├── InternalError                 1  our own bug
├── HostError                     4  something about one host; nothing was changed
│   ├── HostUnreachable           4
│   ├── HostKeyUnknown            4
│   ├── HostKeyChanged            4
│   ├── AuthenticationFailed      4
│   ├── SudoRefused               9
│   ├── AgentMissing              9
│   ├── AgentRefused              9  the agent did not accept an order
│   ├── HostBroken                7  a run could not be put back there: a person must look
│   ├── NotConfirmed              6  a release does not hold when looked at anew; it goes back
│   ├── HostTimeout               7  a host that was at work fell silent
│   └── ConnectionLost            7  outcome unknown until the host is asked
├── Locked                        5  another deploy is at work, or a hold is set
├── FleetSplit                    8  one run ended differently on the hosts of its fleet
├── NoSuchRevision                9
├── PreflightFailed               9  stopped before anything live was touched
└── Aborted                       9
"""

from typing import ClassVar


class DeployerError(Exception):
    """The root: `message` says what happened, `hint` what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DeployerError):
    """The command line or a local file is wrong; no host was contacted."""

    exit_code = 2


class InventoryError(UsageError):
    """The inventory is not accepted; `problems` holds every one as `file:line:column: …`."""

    def __init__(self, problems: tuple[str, ...], *, hint: str = "") -> None:
        count = f"{len(problems)} problems" if len(problems) > 1 else "a problem"
        super().__init__(
            f"The inventory has {count}:\n" + "\n".join(f"  {line}" for line in problems),
            hint=hint or "Mend the lines above; no host was contacted.",
        )
        self.problems = problems


class UnresolvedSecret(UsageError):
    """A secret that the inventory names has no value; `names` lists them all."""

    def __init__(self, names: tuple[str, ...], *, hint: str = "") -> None:
        listed = ", ".join(f"`{name}`" for name in names)
        super().__init__(f"No value was found for the secrets {listed}.", hint=hint)
        self.names = names


class TemplateError(UsageError):
    """A template cannot be rendered; the message names file and line."""


class LabUnavailable(UsageError):
    """This machine cannot run lab hosts; the message says what is missing."""


class LabError(DeployerError):
    """A lab host did not come up or go down."""


class InternalError(DeployerError):
    """A bug of ours; the message helps to report it."""


class HostError(DeployerError):
    """Something about one host; `host` is its name in the inventory."""

    exit_code = 4

    def __init__(self, message: str, *, host: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.host = host


class HostUnreachable(HostError):
    """No SSH connection could be made."""


class HostKeyUnknown(HostError):
    """The host offered a key that nobody has pinned; nothing was sent."""


class HostKeyChanged(HostError):
    """The host offered another key than the pinned one; nothing was sent."""


class AuthenticationFailed(HostError):
    """The host did not accept our keys."""


class SudoRefused(HostError):
    """The SSH user may not start the agent as root."""

    exit_code = 9


class AgentMissing(HostError):
    """The host has no agent, or one of another version."""

    exit_code = 9


class AgentRefused(HostError):
    """The agent did not accept what we sent; the message is its own."""

    exit_code = 9


class HostBroken(HostError):
    """A host could not be put back after a failed run; a person must look before anything else."""

    exit_code = 7


class NotConfirmed(HostError):
    """A release that its host calls healthy does not hold when it is looked at anew."""

    exit_code = 6


class HostTimeout(HostError):
    """A host gave no sign of life for too long."""

    exit_code = 7


class ConnectionLost(HostError):
    """The link to a host or its agent ended early: what happened there is unknown until asked."""

    exit_code = 7


class Locked(DeployerError):
    """Another run holds the host, or somebody set a hold."""

    exit_code = 5


class FleetSplit(DeployerError):
    """One run was committed on some hosts of its fleet and put back on others."""

    exit_code = 8


class NoSuchRelease(UsageError):
    """The release asked for is not there or may not be used."""


class NoSuchRevision(DeployerError):
    """The source has no such branch, tag or commit."""

    exit_code = 9


class PreflightFailed(DeployerError):
    """Checks before the first change did not pass."""

    exit_code = 9


class Aborted(DeployerError):
    """Stopped before anything live was touched."""

    exit_code = 9


class Declined(UsageError):
    """A question was answered with no, or could not be asked."""
