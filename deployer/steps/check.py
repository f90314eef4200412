"""Rehearse the release: load the app just as the server will, with its real environment.

Static files that can be are collected at this opportunity: to load the app is what takes long.
"""

from dataclasses import replace

from deployer.core.app_process import app_python, app_run
from deployer.core.command import command
from deployer.core.fact import Fact, Facts
from deployer.core.static_files import static_folder
from deployer.core.step import Phase, Scope, Target, Work

_BEGIN = """\
import json, os, sys
sys.path.insert(0, os.getcwd())
sys.argv[:] = ["manage.py"]
sys.stdout = sys.stderr  # what the app prints is not the report
report = {}

def tell(kind, error, trace):
    # The way from here to the app's own files says nothing to anybody.
    ours = ("<stdin>", "<frozen importlib", "/importlib/__init__.py", "/gunicorn/")
    first = trace
    while first and any(one in first.tb_frame.f_code.co_filename for one in ours):
        first = first.tb_next
    sys.__excepthook__(kind, error.with_traceback(first), first)

sys.excepthook = tell
leader = os.environ.get("DEPLOYER_LEADER") == "1"
"""
_END = """
print(json.dumps(report), file=sys.__stdout__)
"""


class Check:
    """The app imports, the server accepts its configuration, pending migrations are known."""

    name = "check"
    phase = Phase.BUILD
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        parts = (_BEGIN, on.app.app_server.probe, on.app.framework.probe, _END)
        rehearsal = app_run(
            on,
            command(app_python(on), "-"),
            timeout=120.0,
            hint="the app does not load with its real environment; see the lines above",
        )
        return (
            *static_folder(on),
            replace(
                rehearsal,
                stdin="\n".join(parts).encode(),
                env=(*rehearsal.env, ("DEPLOYER_LEADER", "1" if on.leader else "0")),
                keep="check",
            ),
            *(app_run(on, one, timeout=120.0) for one in on.app.framework.checks(app_python(on))),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
