"""Apply pending migrations: once per deploy, on one host, as the app's user."""

from deployer.core.action import Action, Mark
from deployer.core.app_process import app_python, app_run
from deployer.core.backup_gate import backup_gate
from deployer.core.command import Command
from deployer.core.fact import Fact, Facts
from deployer.core.migration_words import notices, refusal
from deployer.core.migrations import Pending, pending_migrations, vouched
from deployer.core.step import Phase, Refuse, Scope, Skip, Target, Told, Work


class Migrate:
    """Run the framework's migrations while the old release goes on serving.

    There is no undo: a database is never taken back automatically. So migrations must leave a
    schema that the old code can live with (expand first, contract in a later release).
    """

    name = "migrate"
    phase = Phase.PUBLISH
    scope = Scope.ONCE

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (pending_migrations(),)

    def do(self, on: Target, facts: Facts) -> Work:
        migrate = on.app.framework.migrate(app_python(on))
        if migrate is None:
            return Skip("this app has no migrations")
        pending = vouched(facts[pending_migrations()], on.app.migrations.additive)
        told = notices(pending)
        if pending.known and not pending.names:
            return Skip("nothing is pending", told)
        if pending.destructive and not on.allow_destructive:
            return refusal(pending, on.inventory.environment)
        gate = backup_gate(on)
        if isinstance(gate, Refuse):
            return gate
        return Told((gate, *_actions(on, migrate, pending)), told)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()


def _actions(on: Target, migrate: Command, pending: Pending) -> tuple[Action, ...]:
    return (
        app_run(
            on,
            migrate,
            timeout=on.app.migrations.timeout,
            hint="the old release serves on; look at the schema before the next deploy",
        ),
        Mark(on.release.id, "staged", (("migrations", recorded(pending)),)),
    )


def recorded(pending: Pending) -> str:
    """Give what the release's record keeps of its migrations."""
    if not pending.known:
        return "unknown"
    allowed = ", allowed" if pending.destructive else ""
    broken = f" ({pending.reason})" if pending.destructive else ""
    return f"{pending.kind}{allowed}: {' '.join(pending.names)}{broken}"
