"""What an action does, in words for people: never what is in a file, on a stdin or in a secret."""

from typing import assert_never

from deployer.core.action import Action
from deployer.core.actions import (
    backups,
    files,
    health,
    migrations,
    processes,
    programs,
    releases,
    units,
    web_server,
)
from deployer.core.actions.backups import DumpMysql, DumpPostgres, DumpSqlite
from deployer.core.actions.health import Probe
from deployer.core.describe_restoring import describe_restoring


def describe(action: Action) -> str:  # noqa: C901, PLR0911, PLR0912, PLR0915  one line for each kind
    """Say in one line what the agent will do."""
    match action:
        case programs.Run():
            return _run(action)
        case files.Put(path, content, mode, owner, group):
            return f"write {path} ({len(content)} bytes, {mode:04o} {owner}:{group})"
        case files.Install(source, path):
            return f"install {path} from {source}"
        case files.PutBack(path):
            return f"put back {path}"
        case files.Link(path, target):
            return f"link {path} -> {target}"
        case files.Unlink(path):
            return f"remove {path}"
        case files.MakeFolder(path, mode, owner, group):
            return f"make folder {path} ({mode:04o} {owner}:{group})"
        case files.Discard(path):
            return f"discard {path}"
        case releases.Export(repository, revision, to):
            return f"export {revision[:12]} from {repository} to {to}"
        case releases.Unpack(path, content):
            return f"unpack {len(content) / 1_000_000:.1f} MB to {path}"
        case releases.EnsureVenv():
            return _venv(action)
        case releases.Share(path, target):
            return f"link {path} -> {target} (shared)"
        case releases.Seal(path):
            return f"seal {path}"
        case releases.Mark(release, state):
            return f"mark {release} {state}"
        case releases.GiveUp(release):
            return f"give up {release}"
        case units.StartUnit(unit):
            return f"start {unit}"
        case units.StopUnit():
            return _stop(action)
        case health.CheckHealth():
            return _health(action)
        case units.TestUnits(sources):
            return f"systemd-analyze verify {' '.join(sources)}"
        case web_server.TestSites(candidates):
            return f"nginx -t with {', '.join(path for _, path in candidates)}"
        case units.Pause(names, held=held):
            meanwhile = "users wait" if held else "the app is down"
            return f"stop {' and '.join(names)}: {meanwhile} from here on"
        case units.Resume(unit):
            return f"start {unit}: the app is up again"
        case processes.RunProcesses():
            return _processes(action)
        case processes.ProveProcesses(release, names):
            return f"see that {', '.join(names)} still run on {release}, and never died"
        case processes.StopProcesses(names):
            return f"stop {', '.join(names)}"
        case units.ReloadUnits():
            return "systemctl daemon-reload"
        case web_server.ReloadWebServer():
            return "nginx -t, then reload nginx"
        case web_server.CheckMaintenance(is_on=is_on):
            return f"ask the web server whether users are {'kept out' if is_on else 'let in'}"
        case web_server.Balance():
            return _balance(action)
        case units.SwapEnabled(enable, disable):
            return ", ".join(
                f"{verb} {unit}"
                for verb, unit in (("enable", enable), ("disable", disable))
                if unit
            )
        case backups.Backup():
            return _backup(action)
        case backups.RequireBackup():
            return _gate(action)
        case backups.CopyBackups(folder, way):
            return f"copy new backups in {folder} to {_place(way)}"
        case backups.VerifyBackups(folder):
            return f"read the new backups in {folder} again"
        case migrations.ApplyMigrations(migrate, user=user):
            return f"{migrate} (as {user}), then read which migrations are applied"
        case migrations.SettleSchema():
            return "say what state the schema is in"
        case migrations.AskSchema(user=user):
            return f"ask the release which migrations it knows (as {user})"
        case releases.Prune():
            return _prune(action)
        case _:
            return describe_restoring(action)


def _balance(balance: web_server.Balance) -> str:
    out = ", ".join(f"{host} ({why})" for host, why in balance.down) or "no host"
    wait = f", then wait at most {balance.drain:g} s for requests" if balance.drain else ""
    return f"leave out {out} in {balance.path}, reload nginx{wait}"


def _run(run: programs.Run) -> str:
    stdin = f" < ({len(run.stdin)} bytes)" if run.stdin else ""
    return f"{_command(run)}{stdin}{f' (as {run.user})' if run.user else ''}"


def _command(run: programs.Run) -> str:
    shown = str(run.command)
    first, *more = shown.splitlines()
    return f"{first} …" if more else first


def _venv(venv: releases.EnsureVenv) -> str:
    commands = "; ".join(str(command) for command in venv.build)
    return f"use the environment for {', '.join(venv.locks)}, or build it: {commands}"


def _processes(action: processes.RunProcesses) -> str:
    if not action.units:
        return "stop and remove all processes and timers of the app"
    return f"run {', '.join(action.units)} on {action.release}, and no others of the app"


def _stop(stop: units.StopUnit) -> str:
    if stop.after:
        return f"stop {stop.unit} in {stop.after:g} s"
    return f"stop {stop.unit}{' at once' if stop.kill else ''}"


def _health(check: health.CheckHealth) -> str:
    asked = ", ".join(_probe(probe) for probe in check.probes)
    settle = f", good for {check.settle:g} s" if check.settle else ""
    return f"ask {check.release} on {check.unit}: {asked}{settle} (at most {check.timeout:g} s)"


def _probe(probe: Probe) -> str:
    return f"{probe.front}{probe.path}"


def _backup(backup: backups.Backup) -> str:
    parts = (
        *((f"code and config of {backup.release}",) if backup.release_folder else ()),
        *(_dump(dump) for dump in backup.dumps),
        *(("shared files",) if backup.shared else ()),
    )
    once = ", unless this run has done so" if backup.unless_made else ""
    return f"back up {' and '.join(parts) or 'nothing'} to {backup.folder}, read back{once}"


def _gate(gate: backups.RequireBackup) -> str:
    if gate.waived:
        return f"go on WITHOUT a backup of the database: {gate.waived}"
    return "go on only with a verified backup of this run"


def _place(way: backups.CopyByCommand | backups.CopyByRsync) -> str:
    match way:
        case backups.CopyByRsync(target):
            return target
        case backups.CopyByCommand(words):
            return f"another machine by {words[0]}"
        case _:
            assert_never(way)


def _prune(prune: releases.Prune) -> str:
    backups = f"backups of {prune.backup_days:g} days (at least {prune.backups_at_least})"
    return f"keep {prune.keep_releases} good releases and {backups}, remove older ones"


def _dump(dump: backups.Dump) -> str:
    match dump:
        case DumpSqlite(path):
            return f"the database {path}"
        case DumpPostgres():
            return "the PostgreSQL database"
        case DumpMysql():
            return "the MariaDB or MySQL database"
        case _:
            assert_never(dump)
