"""Where a release keeps its static files, and whether they were collected."""

from deployer.core.actions.files import MakeFolder
from deployer.core.app_process import app_python
from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.core.step import Target


def static_path(on: Target) -> str:
    """Give the folder of a release's static files, which nginx serves."""
    return f"{on.folder}/static"


def static_folder(on: Target) -> tuple[MakeFolder, ...]:
    """Give the app's user the folder to collect into, if the framework's script collects."""
    framework = on.app.framework
    if framework.collect_static(app_python(on)) is None or not framework.collect_script:
        return ()
    user = on.app.name
    return (MakeFolder(static_path(on), mode=0o750, owner=user, group=user),)


def collected_early() -> Fact[bool]:
    """Read whether the check step of this run has collected the static files."""
    return Fact("check", "", lambda answer: mapping(answer).get("static") is True)
