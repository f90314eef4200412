"""`inv run`: a program in the live release, as the app's user with its environment."""

import shlex

from deployer.api.answering import tell_errors
from deployer.api.deployment import leader_of
from deployer.api.environment import Environment
from deployer.api.perform import environment, transport_for
from deployer.api.permission import ask_permission
from deployer.api.place import Place
from deployer.api.request import RunRequest
from deployer.api.sessions import Unreached, address, opened
from deployer.api.status import read_state
from deployer.api.watching import watch
from deployer.core.app_process import env_files
from deployer.core.event import Noticed
from deployer.core.inventory import Host
from deployer.core.release import Layout
from deployer.engine.session import Session
from deployer.errors import DeployerError, PreflightFailed, UsageError
from deployer.output.broadcast import Broadcast
from deployer.output.choose import parse_output
from deployer.output.host_lines import HostLines
from deployer.output.messages import Messages
from deployer.output.stream import Stream

_FAILED = 9
_LONGEST = 3600.0
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def run(place: Place, request: RunRequest) -> int:
    """Run it on one host and show its lines; 9 when it fails there."""
    output = parse_output(request.output)
    words = words_of(request.program)
    with Broadcast((Messages(Stream(place.stderr)),)) as emit:
        at = environment(place, request, emit, with_secrets=False)
        host = _host(at)
        if request.dry_run:
            at.notice(f"would run `{shlex.join(words)}`", "warning", host.name)
            return 3
        ask_permission(at)
        lines = HostLines(output, place.stdout, place.clock, name="run", hosts=1)
        where = (address(at.inventory, host),)
        app = at.inventory.app.name

        def start(session: Session) -> int:
            message = _message(at, session, words)
            return session.stream(
                message, lambda line: lines.write(host.name, line), silence=_LONGEST
            )

        try:
            with opened(transport_for(at), app, where, emit, at.redact) as sessions:
                end = watch(sessions, start)[host.name]
        except Unreached as unreached:
            tell_errors(at, unreached.errors)
            return max(error.exit_code for error in unreached.errors.values())
        return _told(at, host.name, end)


def words_of(program: str) -> tuple[str, ...]:
    """Split the value of `--command` into words as a shell would; no shell ever runs it."""
    try:
        words = tuple(shlex.split(program))
    except ValueError as error:
        raise UsageError(
            f"`--command {program}` cannot be split into words: {error}.",
            hint='close the quotes, such as `--command "python manage.py check"`',
        ) from None
    if not words:
        raise UsageError(
            "`run` needs a program.", hint='name one: `inv run --command "python manage.py check"`'
        )
    return words


def _host(at: Environment) -> Host:
    if at.request.limit and len(at.hosts) > 1:
        raise UsageError(
            f"`run` works on one host, `--limit {at.request.limit}` names {len(at.hosts)}.",
            hint=f"name one, such as `--limit {at.hosts[0].name}`",
        )
    leader = leader_of(at.hosts)
    return next(host for host in at.hosts if host.name == leader)


def _message(at: Environment, session: Session, words: tuple[str, ...]) -> dict[str, object]:
    app = at.inventory.app
    state = read_state(session)
    if not state.live:
        raise PreflightFailed(
            f"Nothing is live on `{session.host}`.",
            hint=f"deploy first: `inv deploy --env {at.inventory.environment}`",
        )
    folder = Layout(app.name).release(state.live)
    # `env` sets the PATH, so that `python`, `flask` and so on are those of the release.
    path = f"PATH={folder}/venv/bin:{_SYSTEM_PATH}"
    return {
        "command": ["/usr/bin/env", path, *words],
        "user": app.name,
        "env_files": list(env_files(folder)),
        "folder": folder,
    }


def _told(at: Environment, host: str, end: int | DeployerError) -> int:
    if isinstance(end, DeployerError):
        tell_errors(at, {host: end})
        return end.exit_code
    if end:
        at.emit(Noticed(f"the program ended with exit code {end}", "error", host))
        return _FAILED
    return 0
