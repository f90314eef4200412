"""A test build: the product as it is, and two modules in its agent that releases do not have."""

import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
MODULES = ("fault_points.py", "fault_removals.py")
INSTALL = """
from deployer.agent import fault_points

fault_points.install()
"""
BEFORE = 'if __name__ == "__main__":\n    sys.exit'
TASKS = """\
from deployer.cli.tasks import namespace
from tests.faults import controller

controller.remove()
"""


def build(to: Path) -> Path:
    """Copy the product to a folder for PYTHONPATH, with the modules in its agent."""
    shutil.copytree(
        PROJECT / "deployer", to / "deployer", ignore=shutil.ignore_patterns("__pycache__")
    )
    (to / "templates").symlink_to(PROJECT / "templates")
    for module in MODULES:
        shutil.copyfile(HERE / module, to / "deployer/agent" / module)
    start = to / "deployer/agent/__main__.py"
    text = start.read_text()
    assert text.count(BEFORE) == 1, "the agent starts in another way than the test build knows"
    start.write_text(text.replace(BEFORE, f"{INSTALL}\n{BEFORE}"))
    return to
