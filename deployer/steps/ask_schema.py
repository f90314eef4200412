"""Ask the release that shall serve again which migrations of the database it knows."""

from deployer.core.actions.migrations import AskSchema as Ask
from deployer.core.app_process import app_python, env_files
from deployer.core.command import command
from deployer.core.fact import Fact, Facts
from deployer.core.step import Phase, Scope, Skip, Target, Work


class AskSchema:
    """Compare the database with the migrations of the older release; never fails."""

    name = "ask_schema"
    phase = Phase.BUILD
    scope = Scope.ONCE

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        script = on.app.framework.schema_probe
        if not script:
            return Skip("the framework of this app cannot be asked")
        return (
            Ask(
                command=command(app_python(on), "-"),
                script=script,
                user=on.app.name,
                folder=on.folder,
                env_files=env_files(on.folder),
                env=on.app.framework.env,
            ),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
