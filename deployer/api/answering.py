"""Commands that only read: ask the hosts that answer, print one table, give an exit code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from deployer.api.environment import Environment
from deployer.api.perform import environment, transport_for
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.api.sessions import address, reached
from deployer.core.event import Noticed
from deployer.engine.session import Session
from deployer.errors import DeployerError
from deployer.output.broadcast import Broadcast
from deployer.output.choose import Output, parse_output
from deployer.output.messages import Messages
from deployer.output.stream import Stream
from deployer.output.tables import Row, show

Result = TypeVar("Result")

_WORST_FIRST = (1, 7, 8, 6, 5, 4, 9, 2, 3, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows and the columns to show of them; `code` says what they mean.

    `tells_errors` when the rows themselves say why a host gave no answer.
    """

    rows: Sequence[Row]
    columns: Sequence[str]
    code: int = 0
    tells_errors: bool = False


@dataclass(slots=True)
class Asked:
    """The hosts that answered, and why others did not; `gather` adds to the errors."""

    at: Environment
    sessions: Mapping[str, Session]
    errors: dict[str, DeployerError] = field(default_factory=dict)

    def gather(self, work: Callable[[Session], Result]) -> dict[str, Result]:
        """Do something on every host that answers; what one cannot do joins `errors`."""
        found: dict[str, Result] = {}
        left = {host: one for host, one in self.sessions.items() if host not in self.errors}
        for host, result in self.at.fleet(left, work).items():
            if isinstance(result, DeployerError):
                self.errors[host] = result
            else:
                found[host] = result
        return found

    @property
    def code(self) -> int:
        """Give the exit code of the worst error."""
        return worst(error.exit_code for error in self.errors.values())


Question = Callable[[Asked], Answer]


def worst(codes: Iterable[int]) -> int:
    """Choose the exit code that matters most; 0 without any."""
    given = set(codes)
    return next((code for code in _WORST_FIRST if code in given), max(given, default=0))


def answer(
    place: Place,
    request: Request,
    question: Question,
    *,
    with_secrets: bool = False,
    balancers_too: bool = False,
) -> int:
    """Ask the hosts, print the answer on stdout and errors on stderr; gives the exit code."""
    output = parse_output(request.output)
    with Broadcast((Messages(Stream(place.stderr)),)) as emit:
        at = environment(
            place, request, emit, with_secrets=with_secrets, balancers_too=balancers_too
        )
        wanted = (*at.hosts, *at.balancers) if balancers_too else at.hosts
        addresses = tuple(address(at.inventory, host) for host in wanted)
        app = at.inventory.app.name
        with reached(transport_for(at), app, addresses, emit, at.redact) as (sessions, errors):
            asked = Asked(at, sessions, dict[str, DeployerError](errors))
            told = question(asked)
        tell_errors(at, {} if told.tells_errors else asked.errors)
    if asked.errors and not told.rows and output != Output.JSON:
        return asked.code  # an empty table would say that there is nothing
    show(
        told.rows,
        told.columns,
        command=request.command,
        environment=at.inventory.environment,
        output=output,
        stdout=place.stdout,
    )
    return worst((told.code, asked.code))


def tell_errors(at: Environment, errors: Mapping[str, DeployerError]) -> None:
    """Say on stderr why hosts gave no answer."""
    for host, error in errors.items():
        hint = f" (hint: {error.hint})" if error.hint else ""
        at.emit(Noticed(at.redact(f"{error.message}{hint}"), "error", host))
