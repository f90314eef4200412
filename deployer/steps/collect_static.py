"""Collect static files into the release's own folder, so that old pages keep their assets.

Mostly that was done while the app was loaded to be checked; then they are only sealed.
"""

from dataclasses import replace

from deployer.core.actions.files import MakeFolder
from deployer.core.actions.releases import Seal
from deployer.core.app_process import app_python, app_run
from deployer.core.fact import Fact, Facts
from deployer.core.static_files import collected_early, static_path
from deployer.core.step import Phase, Scope, Skip, Target, Work

_HINT = "the old release serves on with its own static files; mend what the last line names"


class CollectStatic:
    """Run the framework's collection with STATIC_ROOT inside the release."""

    name = "collect_static"
    phase = Phase.PUBLISH
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (collected_early(),)

    def do(self, on: Target, facts: Facts) -> Work:
        collect = on.app.framework.collect_static(app_python(on))
        if collect is None:
            return Skip("this app collects no static files")
        static, user = static_path(on), on.app.name
        seal = Seal(static, marker=".sealed", group=user)
        if facts[collected_early()]:
            return (seal,)
        return (
            MakeFolder(static, mode=0o750, owner=user, group=user),
            replace(
                app_run(on, collect, timeout=600.0, hint=_HINT),
                stdin=on.app.framework.collect_script.encode(),
            ),
            seal,
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
