"""Collect static files into the release's own folder, so that old pages keep their assets."""

from dataclasses import replace

from deployer.core.actions.files import MakeFolder
from deployer.core.actions.releases import Seal
from deployer.core.app_process import app_python, app_run
from deployer.core.fact import Fact, Facts
from deployer.core.step import Phase, Scope, Skip, Target, Work

_HINT = "the old release serves on with its own static files; mend what the last line names"


class CollectStatic:
    """Run the framework's collection with STATIC_ROOT inside the release."""

    name = "collect_static"
    phase = Phase.PUBLISH
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        collect = on.app.framework.collect_static(app_python(on))
        if collect is None:
            return Skip("this app collects no static files")
        static = f"{on.folder}/static"
        return (
            MakeFolder(static, mode=0o750, owner=on.app.name, group=on.app.name),
            replace(
                app_run(on, collect, timeout=600.0, hint=_HINT),
                stdin=on.app.framework.collect_script.encode(),
            ),
            Seal(static, marker=".sealed", group=on.app.name),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
