"""Before `inv setup` can talk to hosts: bring the agent to each, as the user that sets up."""

from concurrent.futures import ThreadPoolExecutor

from deployer.api import setup as setting_up
from deployer.api.environment import Environment
from deployer.api.perform import UseCase, transport_for, unreachable, with_sessions
from deployer.api.running import Ending
from deployer.api.sessions import Unreached
from deployer.core.transport import HostAddress, Transport
from deployer.errors import HostError


def as_setup_user(at: Environment, use_case: UseCase) -> Ending:
    """Install the agent on all hosts, then do the use case; without one of them, nothing."""
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
