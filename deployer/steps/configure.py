"""Write the release's configuration into its own folder and test it there."""

from collections.abc import Mapping

from deployer.core.action import Action
from deployer.core.actions.files import MakeFolder, Put
from deployer.core.actions.releases import Mark, Seal, Share
from deployer.core.actions.units import TestUnits
from deployer.core.actions.web_server import TestSites
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import file_digests
from deployer.core.process_units import is_unit_file
from deployer.core.step import LiveFile, Phase, Scope, Target, Work


class Configure:
    """Put the rendered files beside the code, test units and sites, and close the folder."""

    name = "configure"
    phase = Phase.BUILD
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (_live(on),)

    def do(self, on: Target, facts: Facts) -> Work:
        changed = changed_files(on, facts)
        units = (
            *(_candidate(on, file) for file in changed if _is_unit(file)),
            *(f"{on.folder}/config/{one.path}" for one in on.files if is_unit_file(one)),
        )
        sites = tuple((_candidate(on, file), file.path) for file in changed if not _is_unit(file))
        links = on.app.web_server.links(on.app.name)
        return (
            *_shared(on),
            *_files(on),
            *((TestUnits(units),) if units else ()),
            *((TestSites(sites, links),) if sites else ()),
            Seal(on.folder, marker=".sealed", group=on.app.name),
            Mark(on.release.id, "staged", (("revision", on.release.revision),)),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()


def changed_files(on: Target, facts: Facts) -> tuple[LiveFile, ...]:
    """Give the live files that differ on the host from those of the release."""
    live = facts[_live(on)]
    return tuple(file for file in on.live_files if live.get(file.path, "") != file.sha256)


def _live(on: Target) -> Fact[Mapping[str, str]]:
    return file_digests(file.path for file in on.live_files)


def _candidate(on: Target, file: LiveFile) -> str:
    return f"{on.folder}/config/system{file.path}"


def _is_unit(file: LiveFile) -> bool:
    return file.path.startswith("/etc/systemd/")


def _shared(on: Target) -> tuple[Action, ...]:
    user = on.app.name
    shared = on.layout.shared
    return (
        *(
            MakeFolder(f"{shared}/{name}", mode=0o750, owner=user, group=user)
            for name in on.app.shared.directories
        ),
        *(
            Share(f"{on.folder}/{name}", f"{shared}/{name}")
            for name in (*on.app.shared.directories, *on.app.shared.files)
        ),
    )


def _files(on: Target) -> tuple[Action, ...]:
    config = f"{on.folder}/config"
    return tuple(
        Put(
            f"{config}/system{file.path}" if file.scope == "system" else f"{config}/{file.path}",
            file.content,
            mode=file.mode,
            owner=file.owner,
            group=file.group,
        )
        for file in on.files
    )
