import subprocess
import sys

from deployer.core.actions.files import MakeFolder
from deployer.core.actions.programs import Run
from deployer.core.command import command
from deployer.steps.check import Check
from tests.shop_values import FOLDER, facts, target

PYTHON = f"{FOLDER}/venv/bin/python"
ENV_FILES = (f"{FOLDER}/config/app.env", f"{FOLDER}/config/release.env")


def rehearsal(leader: str = "1") -> Run:
    return Run(
        command(PYTHON, "-"),
        user="shop",
        folder=FOLDER,
        env_files=ENV_FILES,
        env=(("DJANGO_SETTINGS_MODULE", "shop.settings"), ("DEPLOYER_LEADER", leader)),
        timeout=120.0,
        keep="check",
        hint="the app does not load with its real environment; see the lines above",
    )


def without_stdin(run: object) -> object:
    assert isinstance(run, Run)
    fields = {name: getattr(run, name) for name in Run.__dataclass_fields__ if name != "stdin"}
    return Run(**fields)


def test_the_release_is_loaded_as_the_server_will_by_the_apps_user():
    do = Check().do(target(), facts())

    assert isinstance(do, tuple)
    assert do[0] == MakeFolder(f"{FOLDER}/static", mode=0o750, owner="shop", group="shop")
    assert [without_stdin(one) for one in do[1:]] == [rehearsal()]


def test_only_the_leader_looks_for_migrations():
    do = Check().do(target(leader=False), facts())

    assert isinstance(do, tuple)
    assert without_stdin(do[-1]) == rehearsal("0")


def test_the_rehearsal_is_python_that_compiles():
    do = Check().do(target(), facts())

    assert isinstance(do, tuple)
    assert isinstance(do[-1], Run)
    compile(do[-1].stdin, "rehearsal", "exec")


def test_what_the_app_prints_is_not_in_the_report():
    on = target({"framework": "custom"})
    do = Check().do(on, facts())
    assert isinstance(do, tuple)
    assert isinstance(do[0], Run)
    source = do[0].stdin.decode().replace(on.app.app_server.probe, "print('noise')")

    ended = subprocess.run(
        [sys.executable, "-S", "-"], input=source.encode(), capture_output=True, check=True
    )

    assert (ended.stdout, ended.stderr) == (b"{}\n", b"noise\n")


def test_a_frameworks_own_checks_follow():
    do = Check().do(target({"framework": {"kind": "custom", "check": ["./check", "it"]}}), facts())

    assert isinstance(do, tuple)
    assert do[1:] == (
        Run(
            command("./check", "it"),
            user="shop",
            folder=FOLDER,
            env_files=ENV_FILES,
            timeout=120.0,
        ),
    )


def test_it_changes_nothing_that_could_be_undone():
    assert Check().undo(target(), facts()) == ()
    assert Check().facts(target()) == ()


def test_an_app_that_does_not_load_is_told_without_the_way_to_it(tmp_path):
    do = Check().do(target({"framework": "custom"}), facts())
    assert isinstance(do, tuple)
    assert isinstance(do[0], Run)
    source = do[0].stdin.decode().partition("leader =")[0]
    (tmp_path / "broken.py").write_text("def oops(:\n")
    (tmp_path / "needy.py").write_text("import nothing_of_that_name\n")

    told = [
        subprocess.run(
            [sys.executable, "-"],
            input=f"{source}import importlib\nimportlib.import_module({name!r})\n",
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        ).stderr.splitlines()
        for name in ("broken", "needy")
    ]

    assert [line.strip() for line in told[0]][:2] == [
        f'File "{tmp_path}/broken.py", line 1',
        "def oops(:",
    ]
    assert [line.strip() for line in told[1]] == [
        "Traceback (most recent call last):",
        f'File "{tmp_path}/needy.py", line 1, in <module>',
        "import nothing_of_that_name",
        "ModuleNotFoundError: No module named 'nothing_of_that_name'",
    ]
