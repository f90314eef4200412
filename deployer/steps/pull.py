"""Bring exactly one commit to the host and export its tree."""

from deployer.core.action import Action
from deployer.core.actions.files import MakeFolder
from deployer.core.actions.programs import Run
from deployer.core.actions.releases import Export, GiveUp
from deployer.core.command import command
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import RepositoryState, repository
from deployer.core.step import Phase, Scope, Target, Work

_QUIET_GIT = (("GIT_TERMINAL_PROMPT", "0"), ("GIT_ALLOW_PROTOCOL", "https:ssh:file"))
_BATCH_SSH = ("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=10")


class Pull:
    """Fetch (or receive) the pinned revision and export it into the release's folder."""

    name = "pull"
    phase = Phase.BUILD
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (_mirror(on),)

    def do(self, on: Target, facts: Facts) -> Work:
        mirror = facts[_mirror(on)]
        user = on.app.name
        make = () if mirror.exists else _make_mirror(on)
        bring = () if mirror.has.get(on.release.revision) else _bring(on, mirror)
        return (
            *make,
            *bring,
            Export(
                repository=on.layout.repository,
                revision=on.release.revision,
                to=on.folder,
                subdirectory=on.app.source.subdirectory,
                user=user,
                interpreter=on.host.python or on.app.python,
            ),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        return (GiveUp(on.release.id),)


def _mirror(on: Target) -> Fact[RepositoryState]:
    return repository((on.release.revision,))


def _make_mirror(on: Target) -> tuple[Action, ...]:
    user = on.app.name
    path = on.layout.repository
    return (
        MakeFolder(path, mode=0o750, owner=user, group=user),
        Run(command("git", "init", "--quiet", "--bare", path), user=user, folder=path),
    )


def _bring(on: Target, mirror: RepositoryState) -> tuple[Action, ...]:
    git = ("git", "-C", on.layout.repository)
    revision = on.release.revision
    if on.repository is None:
        return tuple(
            Run(
                one,
                user=on.app.name,
                folder=on.layout.repository,
                env=(*_QUIET_GIT, _BATCH_SSH),
                hint="check that the host may read the repository: `inv setup` prints its key",
            )
            for one in on.app.source.fetch(on.layout.repository, revision)
        )
    return (
        Run(
            command(*git, "index-pack", "--stdin", "--fix-thin"),
            user=on.app.name,
            folder=on.layout.repository,
            stdin=on.repository.pack(revision, mirror.tips),
        ),
        Run(
            command(*git, "update-ref", f"refs/deployer/{revision}", revision),
            user=on.app.name,
            folder=on.layout.repository,
        ),
    )
