"""Print what a command would do instead of doing it; gives 3 when there is something to do."""

from collections.abc import Callable

from deployer.api.answering import tell_errors
from deployer.api.environment import Environment
from deployer.api.perform import environment, transport_for
from deployer.api.place import Place
from deployer.api.plan import Previewer
from deployer.api.request import Request
from deployer.api.sessions import Unreached, address, opened
from deployer.core.preview import Preview
from deployer.core.report import EXIT_CODES, Outcome
from deployer.output.broadcast import Broadcast
from deployer.output.choose import parse_output
from deployer.output.messages import Messages
from deployer.output.preview import show_preview
from deployer.output.stream import Stream


def show_plan(
    place: Place,
    request: Request,
    previewer: Previewer,
    *,
    with_secrets: bool = True,
    narrowed: Callable[[Environment], Environment] = lambda at: at,
) -> int:
    """Ask all hosts (`narrowed` says which), compile, print the plan; gives the exit code."""
    output = parse_output(request.output)
    with Broadcast((Messages(Stream(place.stderr)),)) as emit:
        at = narrowed(environment(place, request, emit, with_secrets=with_secrets))
        if with_secrets:
            _ = at.rendered
        addresses = tuple(address(at.inventory, host) for host in at.hosts)
        app = at.inventory.app.name
        try:
            with opened(transport_for(at), app, addresses, emit, at.redact) as sessions:
                preview = previewer(at, sessions)
        except Unreached as unreached:
            tell_errors(at, unreached.errors)
            return max(error.exit_code for error in unreached.errors.values())
    show_preview(preview, output=output, stdout=place.stdout)
    return EXIT_CODES[_outcome(preview)]


def _outcome(preview: Preview) -> Outcome:
    if preview.already_live:
        return Outcome.UNCHANGED
    refused = any(host.refusals for host in preview.hosts)
    return Outcome.ABORTED if refused else Outcome.DIFFERENCES
