"""One command from beginning to end: read, render, ask, connect, do, report."""

import os
import secrets as randomness
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deployer.api.environment import Environment
from deployer.api.failed import FAILED, recall, remember
from deployer.api.permission import ask_permission
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.api.running import Ending, bring_the_rest
from deployer.api.sessions import Unreached, address, reached
from deployer.api.waiting import limit, patiently
from deployer.core.event import Emit, RunFinished
from deployer.core.report import EXIT_CODES, HostReport, Outcome
from deployer.core.transport import HostAddress, Transport
from deployer.engine.session import Session
from deployer.errors import HostError, HostUnreachable, UsageError
from deployer.inventory.environments import choose_environment
from deployer.inventory.loader import load
from deployer.inventory.secrets import resolve
from deployer.inventory.select import select
from deployer.output.broadcast import Broadcast
from deployer.output.choose import Extra, Surroundings, choose, parse_output
from deployer.transport.ssh import SshTransport

UseCase = Callable[[Environment, Mapping[str, Session]], Ending]


def environment(
    place: Place, request: Request, emit: Emit, *, with_secrets: bool, balancers_too: bool = False
) -> Environment:
    """Read the inventory and what it names; raises UsageError with all that is wrong.

    Only with `balancers_too` it may be about no other host.
    """
    name = choose_environment(request.env or None, place.environ, place.inventories)
    inventory = load(place.inventories, name, place.environ)
    failed = recall(place, name, inventory.hosts) if request.limit == FAILED else None
    chosen = select(inventory, ",".join(failed.hosts) if failed else request.limit)
    hosts = tuple(host for host in chosen if not host.is_balancer)
    if not hosts and not balancers_too:
        raise UsageError(
            f"`--limit {request.limit}` names only balancers, and those run no app.",
            hint=f"`{request.command}` is for {', '.join(one.name for one in inventory.app_hosts)}",
        )
    return Environment(
        place,
        request,
        inventory,
        hosts,
        resolve(inventory, place.environ, place.folder) if with_secrets else {},
        emit,
        _run_id(place),
        failed.release if failed else None,
        tuple(host for host in chosen if host.is_balancer),
    )


def perform(  # noqa: PLR0913  each is a plain choice about one command
    place: Place,
    request: Request,
    use_case: UseCase,
    *,
    changes: bool = True,
    with_secrets: bool = True,
    connect: "Callable[[Environment, UseCase], Ending] | None" = None,
    balancers_too: bool = False,
) -> int:
    """Do a command on hosts over SSH; gives the exit code."""
    limit(request.wait)
    started = place.clock.monotonic()
    around = Surroundings(place.stdout, place.stderr, place.environ, place.clock)
    extra = Extra(timings=request.timings, report=report_file(place, request))
    output = parse_output(request.output)
    sinks = choose(output, around, verbose=request.verbose, extra=extra)
    with Broadcast(sinks) as emit:
        at = environment(
            place, request, emit, with_secrets=with_secrets, balancers_too=balancers_too
        )
        if with_secrets:
            _ = at.rendered
        if changes:
            ask_permission(at)
        reach = connect or _on_hosts
        at, ending = patiently(at, reach, use_case, lambda: _run_id(place))
        code = EXIT_CODES[ending.outcome]
        reports = (*ending.hosts, *ending.skipped)
        names = {host.name for host in at.inventory.app_hosts}
        about = (one for one in reports if one.host in names)
        remember(place, at.inventory.environment, about, ending.release)
        seconds = place.clock.monotonic() - started  # hosts go phase by phase: all took as long
        emit(
            RunFinished(
                run=at.run,
                command=request.command,
                outcome=ending.outcome,
                exit_code=code,
                seconds=seconds,
                hosts=tuple(replace(host, seconds=seconds) for host in reports),
                summary=ending.summary,
                next_command=ending.next_command,
            )
        )
    return code


def report_file(place: Place, request: Request) -> Path | None:
    """Give the file for the page about the run, if one is wanted; raises UsageError."""
    if not request.report:
        return None
    path = place.folder / request.report
    try:
        is_writable = os.access(path if path.exists() else path.parent, os.W_OK)
        is_file = is_writable and not path.is_dir()
    except OSError:  # such as a name that is too long
        is_file = False
    if not is_file:
        raise UsageError(
            f"`--report {request.report[:80]}` cannot be written.",
            hint="name a file in a folder that is there, such as `--report deploy.html`",
        )
    return path


def transport_for(at: Environment) -> Transport:
    """Give the one way to hosts."""
    return ssh_transport(at)


def ssh_transport(at: Environment) -> SshTransport:
    """Give the same, for what only SSH can do: fetch host keys."""
    known = at.inventory.ssh.known_hosts
    return SshTransport(at.place.environ, known_hosts=at.place.folder / known if known else None)


def _on_hosts(at: Environment, use_case: UseCase) -> Ending:
    addresses = tuple(address(at.inventory, host) for host in at.hosts)
    with executor(at) as transport:
        return with_sessions(at, transport, addresses, use_case)


@contextmanager
def executor(at: Environment) -> Iterator[Transport]:
    """Give the way to hosts that was asked for: from here, or from workers; raises UsageError."""
    match at.request.executor:
        case "local" if at.request.scheduler:
            raise UsageError(
                "`--scheduler` says nothing without `--executor dask`.",
                hint="give both, or neither",
            )
        case "local":
            yield transport_for(at)
        case "dask":
            from deployer.transport.dask_cluster import dask_transport  # noqa: PLC0415  an extra

            ssh = ssh_transport(at)
            with dask_transport(
                at.request.scheduler,
                ssh.known_hosts,
                ssh,
                lambda text: at.notice(text, "warning"),
            ) as spread:
                yield spread
        case other:
            raise UsageError(
                f"`--executor {other}` is not known.", hint="allowed: `local` and `dask`"
            )


def with_sessions(
    at: Environment, transport: Transport, addresses: tuple[HostAddress, ...], use_case: UseCase
) -> Ending:
    """Open all hosts or none, then do the use case; on request without those that are away."""
    app = at.inventory.app.name
    with reached(transport, app, addresses, at.emit, at.redact) as (sessions, errors):
        some = any(host.name in sessions for host in at.hosts)
        if errors and not (at.request.skip_unreachable and some and _all_away(errors)):
            return unreachable(at, Unreached(errors))
        if not errors:
            return use_case(at, sessions)
        for host in errors:
            at.notice("it cannot be reached and is skipped", "warning", host)
        here = replace(at, hosts=tuple(host for host in at.hosts if host.name in sessions))
        return _without(at, errors, use_case(here, sessions))


def _all_away(errors: Mapping[str, HostError]) -> bool:
    """Tell whether nobody answers there: a wrong key, or no login, is never skipped."""
    return all(isinstance(error, HostUnreachable) for error in errors.values())


def _without(at: Environment, errors: Mapping[str, HostError], ending: Ending) -> Ending:
    """Add what is known of the hosts that were skipped to how the others ended."""
    if not ending.hosts:
        return ending  # it was only a look
    skipped = tuple(
        HostReport(host, Outcome.UNREACHABLE, cause=error.message, hint=error.hint)
        for host, error in errors.items()
    )
    whole = replace(ending, skipped=skipped)
    if whole.outcome is not Outcome.MIXED:
        return whole
    return replace(
        whole,
        summary=f"{ending.summary}; skipped: {', '.join(errors)}",
        next_command=ending.next_command or bring_the_rest(at, ending.hosts[0].release),
    )


def unreachable(at: Environment, unreached: Unreached) -> Ending:
    """Say which hosts could not be opened; nothing was changed on any."""
    wanted = dict.fromkeys((*(host.name for host in at.hosts), *unreached.errors))
    reports = tuple(
        HostReport(
            host,
            Outcome.UNREACHABLE if host in unreached.errors else Outcome.UNCHANGED,
            cause=error.message if (error := unreached.errors.get(host)) else "not touched",
            hint=error.hint if error else "",
        )
        for host in wanted
    )
    codes = {error.exit_code for error in unreached.errors.values()}
    if codes == {EXIT_CODES[Outcome.ABORTED]}:
        reports = tuple(
            HostReport(one.host, Outcome.ABORTED, cause=one.cause, hint=one.hint) for one in reports
        )
    env = at.inventory.environment
    names = ", ".join(unreached.errors)
    return Ending(
        reports, f"{names} could not be used; nothing was changed", f"inv check --env {env}"
    )


def _run_id(place: Place) -> str:
    return f"{place.clock.now():%Y%m%d-%H%M%S}-{randomness.token_hex(2)}"
