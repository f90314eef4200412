"""What the command line calls: each command by its name, which loads only what it needs."""

from deployer.api.perform import perform
from deployer.api.place import Place
from deployer.api.request import DrainRequest, MaintenanceRequest, Request, RestoreRequest
from deployer.errors import UsageError


def deploy(place: Place, request: Request) -> int:
    """Deploy a revision; gives the exit code."""
    if request.dry_run:
        return plan(place, request)
    from deployer.api.balanced import connect
    from deployer.api.deploy import deploy as use_case

    return perform(place, request, use_case, connect=connect)


def plan(place: Place, request: Request) -> int:
    """Show what a deploy would do; gives the exit code."""
    from deployer.api.balanced import checked
    from deployer.api.plan import preview_deploy
    from deployer.api.showing import show_plan

    return show_plan(place, request, preview_deploy, narrowed=checked)


def rollback(place: Place, request: Request) -> int:
    """Go back to a good release; gives the exit code."""
    if request.dry_run:
        from deployer.api.balanced import checked
        from deployer.api.plan import preview_rollback
        from deployer.api.showing import show_plan

        return show_plan(place, request, preview_rollback, with_secrets=False, narrowed=checked)
    from deployer.api.balanced import connect
    from deployer.api.rollback import rollback as use_case

    return perform(place, request, use_case, with_secrets=False, connect=connect)


def backup(place: Place, request: Request) -> int:
    """Back up what is live; gives the exit code."""
    from deployer.api import upkeep

    if request.dry_run:
        from deployer.api.plan import preview_of
        from deployer.api.showing import show_plan

        return show_plan(place, request, preview_of(upkeep.plan_backup), with_secrets=False)
    return perform(place, request, upkeep.backup, with_secrets=False)


def restore(place: Place, request: RestoreRequest) -> int:
    """Take a backup back; gives the exit code."""
    from deployer.api import restore as of

    if request.dry_run:
        from deployer.api.plan import preview_of
        from deployer.api.showing import show_plan

        return show_plan(place, request, preview_of(of.plan_restore), with_secrets=False)
    # It asks by itself, whatever the environment: what is lost is known only on the host.
    return perform(
        place, request, of.restore, changes=False, with_secrets=False, connect=of.connect
    )


def prune(place: Place, request: Request) -> int:
    """Remove old releases and backups; gives the exit code."""
    from deployer.api import upkeep

    if request.dry_run:
        from deployer.api.plan import preview_of
        from deployer.api.showing import show_plan

        return show_plan(place, request, preview_of(upkeep.plan_prune), with_secrets=False)
    return perform(place, request, upkeep.prune, with_secrets=False)


def maintenance(place: Place, request: MaintenanceRequest) -> int:
    """Keep users out or let them in; gives the exit code."""
    from deployer.api import maintenance as of

    of.check(request)
    if request.dry_run:
        from deployer.api.plan import preview_of
        from deployer.api.showing import show_plan

        return show_plan(place, request, preview_of(of.plan_maintenance), with_secrets=False)
    return perform(place, request, of.maintenance, with_secrets=False)


def drain(place: Place, request: DrainRequest) -> int:
    """Leave a web host out of the balancer; gives the exit code."""
    from deployer.api import balancing as of

    if request.dry_run:
        from deployer.api.plan import preview_of
        from deployer.api.showing import show_plan

        shown = preview_of(of.plan_drain)
        return show_plan(place, request, shown, with_secrets=False, narrowed=of.on_balancers)
    return perform(place, request, of.drain, with_secrets=False, connect=of.connect)


def undrain(place: Place, request: DrainRequest) -> int:
    """Take a web host in again; gives the exit code."""
    from deployer.api import balancing as of

    if request.dry_run:
        from deployer.api.plan import preview_of
        from deployer.api.showing import show_plan

        shown = preview_of(of.plan_undrain)
        return show_plan(place, request, shown, with_secrets=False, narrowed=of.on_balancers)
    return perform(place, request, of.undrain, with_secrets=False, connect=of.connect)


def setup(place: Place, request: Request) -> int:
    """Prepare hosts; gives the exit code."""
    if request.dry_run:
        raise UsageError(
            "`setup` has no dry run.",
            hint=f"`inv check --env {request.env or 'ENV'}` shows what a host lacks",
        )
    from deployer.api.agent_install import as_setup_user
    from deployer.api.setup import setup as use_case

    return perform(
        place, request, use_case, with_secrets=False, connect=as_setup_user, balancers_too=True
    )
