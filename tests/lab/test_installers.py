"""What installs: pip and uv, from wheels that were sent once; the same lock installs nothing."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from examples.shop.history import git
from tests.apps import App, commit, shop
from tests.lab.outside import live
from tests.lab.project import Project

QUICK = {"path": "/healthz", "interval": "1s", "timeout": "20s", "settle": "0s"}
Events = list[dict[str, object]]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return shop(tmp_path_factory.mktemp("app"))


def project_of(kind: str, lab: Lab, app: App, folder: Path) -> Project:
    name = f"by-{kind}"
    made = Project(folder, lab.hosts, app, name=name, health=QUICK)
    made.section("app", "web_server")["server_names"] = [f"{name}.lab.test"]
    env = made.section("app", "env")
    env["ALLOWED_HOSTS"] = f"{name}.lab.test"
    env["DATABASE_URL"] = f"sqlite:////srv/{name}/shared/db.sqlite3"
    env["MEDIA_ROOT"] = f"/srv/{name}/shared/media"
    made.section("app", "installer")["kind"] = kind
    made.write()
    return made


def give_uv(host: LabHost) -> None:
    """Put this machine's uv on a host, as its owner would."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    assert uv, "the tests need uv: it is among the development requirements"
    words = ["scp", "-q", "-F", str(host.key.with_name("ssh_config")), uv]
    subprocess.run([*words, f"{host.name}:/usr/local/bin/uv"], check=True, timeout=60)


@pytest.fixture(scope="module", params=["pip", "uv"])
def project(
    request: pytest.FixtureRequest, lab1: Lab, app: App, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    made = project_of(request.param, lab1, app, tmp_path_factory.mktemp(request.param))
    if request.param == "uv":
        give_uv(lab1.hosts[0])
    made.must("setup")
    made.must("deploy", "--revision", "v2")
    return made


def name_of(project: Project) -> str:
    return str(project.section("app")["name"])


def requirements(project: Project) -> str:
    return git(project.app.repository, "show", "v2:requirements.txt")


def venvs(project: Project) -> set[str]:
    return set(project.hosts[0].run(f"ls /srv/{name_of(project)}/venvs").stdout.split())


def packages(project: Project) -> Mapping[str, str]:
    """The distributions that the live release imports, by name."""
    folder = f"/srv/{name_of(project)}/run/live/venv"
    read = (
        "import importlib.metadata as m, json; "
        "names = {d.name.lower().replace('_', '-'): d.version for d in m.distributions()}; "
        "print(json.dumps(names))"
    )
    found = json.loads(project.hosts[0].run(f'{folder}/bin/python -I -c "{read}"').stdout)
    return {str(key): str(value) for key, value in found.items()}


def install(events: Events) -> dict[str, object]:
    (found,) = [
        one for one in events if one["event"] == "StepFinished" and one["step"] == "install"
    ]
    return found


def programs(events: Events) -> list[str]:
    """What the install step ran."""
    return [
        str(one["text"])
        for one in events
        if one["event"] == "ActionStarted" and one["step"] == "install"
    ]


def test_exactly_what_is_pinned_is_installed(project: Project) -> None:
    lines = requirements(project).splitlines()
    pinned = dict(line.split(" ")[0].split("==") for line in lines if "==" in line.split("#")[0])

    found = packages(project)

    assert {name: found.get(name) for name in pinned} == pinned
    assert set(found) - set(pinned) <= {"pip", "setuptools"}


def test_the_same_lock_installs_nothing(project: Project) -> None:
    before = venvs(project)

    code, events = project.events("deploy", "--unfreeze", "--revision", "v4")

    assert code == 0
    assert programs(events) == []
    assert venvs(project) == before
    assert float(str(install(events)["seconds"])) < 1.0


def test_another_lock_builds_another_environment_from_the_same_wheels(project: Project) -> None:
    before = venvs(project)
    houses = f"stat -c '%n %Y %i' /srv/{name_of(project)}/wheelhouse/*"
    sent = project.hosts[0].run(houses).stdout

    code, events = project.events("deploy", "--unfreeze", "--revision", "changed/lock")

    assert code == 0, events[-1]
    assert len(venvs(project) - before) == 1
    assert programs(events) != []
    assert "python-slugify" in packages(project)
    assert project.hosts[0].run(houses).stdout == sent
    assert len(sent.splitlines()) == 1


def test_a_rollback_to_the_old_lock_runs_in_the_old_environment(project: Project) -> None:
    project.must("deploy", "--unfreeze", "--revision", "v4", "--force")
    project.must("deploy", "--unfreeze", "--revision", "changed/lock", "--force")

    project.must("rollback")

    assert project.healthz()["revision"] == "v4"
    assert "python-slugify" not in packages(project)


def test_a_wheel_with_another_hash_is_refused(project: Project) -> None:
    serving = live(project.hosts[0], name_of(project))
    lines = requirements(project).splitlines()
    where = next(number for number, line in enumerate(lines) if line.startswith("sqlparse=="))
    lines[where] = lines[where].split(" ")[0] + " --hash=sha256:" + "0" * 64
    end = where + 1
    while lines[end].strip().startswith("--hash"):
        del lines[end]
    wrong = commit(project.app, "Trust nobody", {"requirements.txt": "\n".join(lines) + "\n"})

    done = project.inv("deploy", "--revision", wrong)
    said = done.stdout + done.stderr

    assert done.returncode == 9, said
    assert "hash" in said.lower(), said
    assert live(project.hosts[0], name_of(project)) == serving
    assert project.healthz()["status"] == "ok"


def test_a_requirement_without_a_hash_is_refused(project: Project) -> None:
    loose = commit(project.app, "Pin nothing", {"requirements.txt": "django\n"})

    done = project.inv("deploy", "--revision", loose)
    said = done.stdout + done.stderr

    assert done.returncode == 9, said
    assert "hash" in said.lower(), said
