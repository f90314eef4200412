"""A host folder with releases that are sealed, good and linked, as deploys leave them."""

import os

from deployer.agent.actions.sealing import seal_folder
from deployer.agent.context import Context
from deployer.agent.disk.manifest import MARKER
from deployer.agent.runs.release_record import read_record, write_record

FIRST, SECOND, THIRD = (f"00000{number}-1a2b3c{number}" for number in (1, 2, 3))


class WholeHost:
    """Releases of an app below a folder that stands for `/`."""

    def __init__(self, root):
        self.root = root
        self.ctx = Context("shop", "r1", root=root)
        self.home = root / "srv/shop"
        for folder in ("srv/shop/run", "srv/shop/releases", "var/lib/deployer/shop", "var/log"):
            (root / folder).mkdir(parents=True, exist_ok=True)

    def release(self, name, state="good"):
        folder = self.home / "releases" / name
        venv = self.home / "venvs" / f"3.11-{name}"
        for made, file in ((folder, "app.py"), (venv, "gunicorn.py")):
            made.mkdir(parents=True)
            (made / file).write_text(f"name = {name!r}\n")
        (folder / "venv").symlink_to(f"/srv/shop/venvs/3.11-{name}")
        for made in (venv, folder):
            seal_folder(self.ctx, made, MARKER, os.getegid(), {}, summed=True)
        write_record(folder, {"id": name, "state": state})
        return folder

    def serve(self, name, colour="blue"):
        folder = f"/srv/shop/releases/{name}"
        for link, target in (
            (f"run/{colour}", folder),
            ("run/live", folder),
            ("run/live.sock", f"/run/shop-{colour}/app.sock"),
            ("current", f"releases/{name}"),
        ):
            (self.home / link).unlink(missing_ok=True)
            (self.home / link).symlink_to(target)

    def state(self, name):
        return read_record(self.home / "releases" / name).get("state")

    def hurt(self, name, file="app.py"):
        (self.home / "releases" / name / file).write_bytes(b"")
