"""The closed union of all that a step may ask of a host; see `deployer.core.actions`."""

from deployer.core.actions.backups import Backup, CopyBackups, RequireBackup, VerifyBackups
from deployer.core.actions.files import Discard, Install, Link, MakeFolder, Put, PutBack, Unlink
from deployer.core.actions.health import CheckHealth
from deployer.core.actions.migrations import ApplyMigrations, AskSchema, SettleSchema
from deployer.core.actions.processes import ProveProcesses, RunProcesses, StopProcesses
from deployer.core.actions.programs import Run
from deployer.core.actions.releases import (
    EnsureVenv,
    Export,
    GiveUp,
    Mark,
    Prune,
    Seal,
    Share,
    Unpack,
)
from deployer.core.actions.restoring import Restoring
from deployer.core.actions.units import (
    Pause,
    ReloadUnits,
    Resume,
    StartUnit,
    StopUnit,
    SwapEnabled,
    TestUnits,
)
from deployer.core.actions.web_server import Balance, CheckMaintenance, ReloadWebServer, TestSites

Action = (
    Run
    | Put
    | Install
    | PutBack
    | Link
    | Unlink
    | MakeFolder
    | Discard
    | Export
    | Unpack
    | EnsureVenv
    | Share
    | Seal
    | Mark
    | GiveUp
    | StartUnit
    | StopUnit
    | CheckHealth
    | TestUnits
    | TestSites
    | ReloadUnits
    | ReloadWebServer
    | CheckMaintenance
    | Balance
    | SwapEnabled
    | Backup
    | VerifyBackups
    | RequireBackup
    | CopyBackups
    | ApplyMigrations
    | SettleSchema
    | AskSchema
    | Pause
    | Resume
    | Restoring
    | RunProcesses
    | ProveProcesses
    | StopProcesses
    | Prune
)
