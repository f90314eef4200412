"""What an action does, in words for people: never what is in a file, on a stdin or in a secret."""

from typing import assert_never

from deployer.core import action as actions
from deployer.core.action import Action, DumpMysql, DumpPostgres, DumpSqlite, Probe
from deployer.core.describe_restoring import describe_restoring


def describe(action: Action) -> str:  # noqa: C901, PLR0911, PLR0912, PLR0915  one line for each kind
    """Say in one line what the agent will do."""
    match action:
        case actions.Run():
            return _run(action)
        case actions.Put(path, content, mode, owner, group):
            return f"write {path} ({len(content)} bytes, {mode:04o} {owner}:{group})"
        case actions.Install(source, path):
            return f"install {path} from {source}"
        case actions.PutBack(path):
            return f"put back {path}"
        case actions.Link(path, target):
            return f"link {path} -> {target}"
        case actions.Unlink(path):
            return f"remove {path}"
        case actions.MakeFolder(path, mode, owner, group):
            return f"make folder {path} ({mode:04o} {owner}:{group})"
        case actions.Discard(path):
            return f"discard {path}"
        case actions.Export(repository, revision, to):
            return f"export {revision[:12]} from {repository} to {to}"
        case actions.Unpack(path, content):
            return f"unpack {len(content) / 1_000_000:.1f} MB to {path}"
        case actions.EnsureVenv():
            return _venv(action)
        case actions.Share(path, target):
            return f"link {path} -> {target} (shared)"
        case actions.Seal(path):
            return f"seal {path}"
        case actions.Mark(release, state):
            return f"mark {release} {state}"
        case actions.GiveUp(release):
            return f"give up {release}"
        case actions.StartUnit(unit):
            return f"start {unit}"
        case actions.StopUnit():
            return _stop(action)
        case actions.CheckHealth():
            return _health(action)
        case actions.TestUnits(sources):
            return f"systemd-analyze verify {' '.join(sources)}"
        case actions.TestSites(candidates):
            return f"nginx -t with {', '.join(path for _, path in candidates)}"
        case actions.ReloadUnits():
            return "systemctl daemon-reload"
        case actions.ReloadWebServer():
            return "nginx -t, then reload nginx"
        case actions.SwapEnabled(enable, disable):
            return ", ".join(
                f"{verb} {unit}"
                for verb, unit in (("enable", enable), ("disable", disable))
                if unit
            )
        case actions.Backup():
            return _backup(action)
        case actions.RequireBackup():
            return _gate(action)
        case actions.CopyBackups(folder, way):
            return f"copy new backups in {folder} to {_place(way)}"
        case actions.VerifyBackups(folder):
            return f"read the new backups in {folder} again"
        case actions.ApplyMigrations(migrate, user=user):
            return f"{migrate} (as {user}), then read which migrations are applied"
        case actions.SettleSchema():
            return "say what state the schema is in"
        case actions.AskSchema(user=user):
            return f"ask the release which migrations it knows (as {user})"
        case actions.Prune():
            return _prune(action)
        case _:
            return describe_restoring(action)


def _run(run: actions.Run) -> str:
    stdin = f" < ({len(run.stdin)} bytes)" if run.stdin else ""
    return f"{_command(run)}{stdin}{f' (as {run.user})' if run.user else ''}"


def _command(run: actions.Run) -> str:
    shown = str(run.command)
    first, *more = shown.splitlines()
    return f"{first} …" if more else first


def _venv(venv: actions.EnsureVenv) -> str:
    commands = "; ".join(str(command) for command in venv.build)
    return f"use the environment for {', '.join(venv.locks)}, or build it: {commands}"


def _stop(stop: actions.StopUnit) -> str:
    if stop.after:
        return f"stop {stop.unit} in {stop.after:g} s"
    return f"stop {stop.unit}{' at once' if stop.kill else ''}"


def _health(check: actions.CheckHealth) -> str:
    asked = ", ".join(_probe(probe) for probe in check.probes)
    settle = f", good for {check.settle:g} s" if check.settle else ""
    return f"ask {check.release} on {check.unit}: {asked}{settle} (at most {check.timeout:g} s)"


def _probe(probe: Probe) -> str:
    return f"{probe.front}{probe.path}"


def _backup(backup: actions.Backup) -> str:
    parts = (
        *((f"code and config of {backup.release}",) if backup.release_folder else ()),
        *(_dump(dump) for dump in backup.dumps),
        *(("shared files",) if backup.shared else ()),
    )
    return f"back up {' and '.join(parts) or 'nothing'} to {backup.folder}, read back"


def _gate(gate: actions.RequireBackup) -> str:
    if gate.waived:
        return f"go on WITHOUT a backup of the database: {gate.waived}"
    return "go on only with a verified backup of this run"


def _place(way: actions.CopyByCommand | actions.CopyByRsync) -> str:
    match way:
        case actions.CopyByRsync(target):
            return target
        case actions.CopyByCommand(words):
            return f"another machine by {words[0]}"
        case _:
            assert_never(way)


def _prune(prune: actions.Prune) -> str:
    backups = f"backups of {prune.backup_days:g} days (at least {prune.backups_at_least})"
    return f"keep {prune.keep_releases} good releases and {backups}, remove older ones"


def _dump(dump: actions.Dump) -> str:
    match dump:
        case DumpSqlite(path):
            return f"the database {path}"
        case DumpPostgres():
            return "the PostgreSQL database"
        case DumpMysql():
            return "the MariaDB or MySQL database"
        case _:
            assert_never(dump)
