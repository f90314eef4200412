"""What the command line calls: each command by its name."""

from concurrent.futures import ThreadPoolExecutor

from deployer.api import setup as setting_up
from deployer.api import upkeep
from deployer.api.deploy import deploy as deploy_case
from deployer.api.environment import Environment
from deployer.api.perform import UseCase, perform, transport_for, unreachable, with_sessions
from deployer.api.place import Place
from deployer.api.plan import preview_deploy, preview_of, preview_rollback
from deployer.api.request import Request
from deployer.api.rollback import rollback as rollback_case
from deployer.api.running import Ending
from deployer.api.sessions import Unreached
from deployer.api.showing import show_plan
from deployer.core.transport import HostAddress, Transport
from deployer.errors import HostError, UsageError


def deploy(place: Place, request: Request) -> int:
    """Deploy a revision; gives the exit code."""
    if request.dry_run:
        return plan(place, request)
    return perform(place, request, deploy_case)


def plan(place: Place, request: Request) -> int:
    """Show what a deploy would do; gives the exit code."""
    return show_plan(place, request, preview_deploy)


def rollback(place: Place, request: Request) -> int:
    """Go back to a good release; gives the exit code."""
    if request.dry_run:
        return show_plan(place, request, preview_rollback, with_secrets=False)
    return perform(place, request, rollback_case, with_secrets=False)


def backup(place: Place, request: Request) -> int:
    """Back up what is live; gives the exit code."""
    if request.dry_run:
        return show_plan(place, request, preview_of(upkeep.plan_backup), with_secrets=False)
    return perform(place, request, upkeep.backup, with_secrets=False)


def prune(place: Place, request: Request) -> int:
    """Remove old releases and backups; gives the exit code."""
    if request.dry_run:
        return show_plan(place, request, preview_of(upkeep.plan_prune), with_secrets=False)
    return perform(place, request, upkeep.prune, with_secrets=False)


def setup(place: Place, request: Request) -> int:
    """Prepare hosts; gives the exit code."""
    if request.dry_run:
        raise UsageError(
            "`setup` has no dry run.",
            hint=f"`inv check --env {request.env or 'ENV'}` shows what a host lacks",
        )
    return perform(place, request, setting_up.setup, with_secrets=False, connect=_as_setup_user)


def _as_setup_user(at: Environment, use_case: UseCase) -> Ending:
    transport = transport_for(at)
    addresses = setting_up.addresses(at)
    errors: dict[str, HostError] = {}
    with ThreadPoolExecutor(max_workers=8) as pool:
        for host, error in zip(
            addresses, pool.map(lambda one: _install(at, transport, one), addresses), strict=True
        ):
            if error is not None:
                errors[host.name] = error
    if errors:
        return unreachable(at, Unreached(errors))
    return with_sessions(at, transport, addresses, use_case)


def _install(at: Environment, transport: Transport, host: HostAddress) -> HostError | None:
    try:
        setting_up.install_agent(at, transport, host)
    except HostError as error:
        return error
    return None
