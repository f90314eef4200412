"""Apply pending migrations: once per deploy, on one host, as the app's user."""

from deployer.core.action import Mark
from deployer.core.app_process import app_python, app_run
from deployer.core.fact import Fact, Facts
from deployer.core.migrations import pending_migrations
from deployer.core.step import Phase, Scope, Skip, Target, Work


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
        pending = facts[pending_migrations()]
        if pending.known and not pending.names:
            return Skip("nothing is pending")
        note = f"{pending.kind}: {' '.join(pending.names)}" if pending.known else "unknown"
        return (
            app_run(
                on,
                migrate,
                timeout=1800.0,
                hint="the old release serves on; look at the schema before the next deploy",
            ),
            Mark(on.release.id, "staged", (("migrations", note),)),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
