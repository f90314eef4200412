"""All actions that the agent knows, by the name that the controller gives them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

from deployer.agent.context import Context, Fields

Perform = Callable[[Context, Fields], bool]
"""Carries an action out; tells whether it changed anything. Raises ActionFailed."""

PLACES = {
    "Run": ("programs", "run"),
    "Put": ("files", "put"),
    "Install": ("files", "install"),
    "PutBack": ("files", "put_back"),
    "Link": ("files", "link"),
    "Unlink": ("files", "unlink"),
    "MakeFolder": ("folders", "make_folder"),
    "Discard": ("folders", "discard"),
    "Export": ("sources", "export"),
    "Unpack": ("sources", "unpack"),
    "EnsureVenv": ("venvs", "ensure_venv"),
    "Share": ("folders", "share"),
    "Seal": ("sealing", "seal"),
    "Mark": ("releases", "mark"),
    "GiveUp": ("releases", "give_up"),
    "StartUnit": ("units", "start_unit"),
    "StopUnit": ("units", "stop_unit"),
    "CheckHealth": ("health", "check_health"),
    "TestUnits": ("unit_tests", "test_units"),
    "TestSites": ("web_server", "test_sites"),
    "ReloadUnits": ("units", "reload_units"),
    "ReloadWebServer": ("web_server", "reload_web_server"),
    "Balance": ("balancing", "balance"),
    "CheckMaintenance": ("maintenance", "check_maintenance"),
    "SwapEnabled": ("units", "swap_enabled"),
    "Backup": ("backups", "backup"),
    "VerifyBackups": ("backup_checks", "verify"),
    "RequireBackup": ("backup_checks", "require"),
    "CopyBackups": ("backup_copies", "copy"),
    "ApplyMigrations": ("migrations", "apply_migrations"),
    "SettleSchema": ("migrations", "settle_schema"),
    "AskSchema": ("migrations", "ask"),
    "CheckBackup": ("restoring", "check_backup"),
    "RestoreBeside": ("restoring", "restore_beside"),
    "DropBeside": ("restoring", "drop_beside"),
    "SwapRestored": ("restoring", "swap_restored"),
    "SwapBack": ("restoring", "swap_back"),
    "RehearseRestore": ("rehearsing", "rehearse_restore"),
    "Pause": ("pausing", "pause"),
    "Resume": ("pausing", "resume"),
    "RunProcesses": ("processes", "run_processes"),
    "ProveProcesses": ("processes", "prove_processes"),
    "StopProcesses": ("processes", "stop_processes"),
    "Prune": ("prune", "prune"),
}


def find(name: str) -> Perform:
    """Load what carries an action out; raises KeyError for an unknown name."""
    module, function = PLACES[name]
    found: Perform = getattr(import_module(f"{__name__}.{module}"), function)
    return found


def load_all() -> None:
    """Load every action now; one that cannot be loaded is reported when it is asked for."""
    for module in {module for module, _ in PLACES.values()}:
        with suppress(ImportError):
            import_module(f"{__name__}.{module}")
