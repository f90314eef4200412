"""Apply pending migrations: once per deploy, on one host, as the app's user."""

from dataclasses import replace

from deployer.core.action import Action
from deployer.core.actions.migrations import ApplyMigrations, SettleSchema, Wanted
from deployer.core.actions.releases import Mark
from deployer.core.app_process import app_python, env_files
from deployer.core.backup_gate import backup_gate
from deployer.core.command import Command, command
from deployer.core.fact import Fact, Facts
from deployer.core.migration_words import notices, refusal
from deployer.core.migrations import Pending, pending_migrations, vouched
from deployer.core.schema_policy import Migrations
from deployer.core.step import Phase, Refuse, Scope, Skip, Target, Told, Work


class Migrate:
    """Run the framework's migrations while the old release goes on serving.

    Their undo only says what state the schema is in: a database is never taken back
    automatically. So migrations must leave a schema that the old code can live with (expand first,
    contract in a later release).
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
            return replace(gate, notices=told)
        return Told((gate, *_actions(on, migrate, pending)), told)

    def undo(self, on: Target, facts: Facts) -> tuple[SettleSchema]:
        return (SettleSchema(),)


def _actions(on: Target, migrate: Command, pending: Pending) -> tuple[Action, ...]:
    framework, limits = on.app.framework, on.app.migrations
    return (
        ApplyMigrations(
            migrate=migrate,
            command=command(app_python(on), "-"),
            script=framework.schema_probe,
            user=on.app.name,
            folder=on.folder,
            env_files=env_files(on.folder),
            env=framework.env,
            release=on.release.id,
            pending=tuple(
                Wanted(one.name, "" if pending.first else one.reason, one.atomic)
                for one in pending.migrations
            ),
            vendor=pending.vendor,
            together=pending.together,
            options=session_options(limits, pending),
            timeout=limits.timeout,
            hint="the old release serves on; mend the migration and deploy again",
        ),
        Mark(on.release.id, "staged", (("migrations", recorded(pending)),)),
    )


def session_options(limits: Migrations, pending: Pending) -> str:
    """Give what PostgreSQL is told at connect: how long to wait, and to notice a dead client."""
    if pending.vendor != "postgresql" or not limits.lock_timeout:
        return ""
    options = {
        "lock_timeout": round(limits.lock_timeout * 1000),
        "statement_timeout": round(limits.timeout * 1000),
    }
    if pending.version >= _NOTICES_DEAD_CLIENTS:
        options["client_connection_check_interval"] = 1000
    return " ".join(f"-c {name}={value}" for name, value in options.items())


def recorded(pending: Pending) -> str:
    """Give what the release's record keeps of its migrations."""
    if not pending.known:
        return "unknown"
    allowed = ", allowed" if pending.destructive else ""
    broken = f" ({pending.reason})" if pending.destructive else ""
    return f"{pending.kind}{allowed}: {' '.join(pending.names)}{broken}"


_NOTICES_DEAD_CLIENTS = 140000
