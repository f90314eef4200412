"""Prepare a bare host for an app: packages, users, folders, rights, web server. Idempotent."""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from deployer.agent.context import ActionFailed, Context, Emit
from deployer.agent.disk.ensured import ensure_file, ensure_folder
from deployer.agent.disk.files import read_plain
from deployer.agent.system.packages import install_packages
from deployer.agent.system.people import has_user, is_of_app

_APP_FOLDERS = (
    # below /srv/<app>: name, mode, belongs to the app
    ("", 0o755, False),
    ("releases", 0o755, False),
    ("run", 0o755, False),
    ("venvs", 0o755, False),
    ("shared", 0o750, True),
    (".trash", 0o700, False),
)
_NGINX = Path("/etc/nginx")
_KEYGEN = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "")
_ADD_APP_USER = ("useradd", "--system", "--user-group", "--no-create-home")
_TIMEOUT = 120.0


class Provision:
    """One host, one app; every step says whether it changed anything."""

    def __init__(self, ctx: Context, wanted: Mapping[str, object], emit: Emit) -> None:
        self._ctx = ctx
        self._wanted = wanted
        self._emit = emit
        self._user = str(wanted["deploy_user"])

    def carry_out(self) -> dict[str, object]:
        """Do all steps; gives the answer in the form of an order's."""
        steps: tuple[tuple[str, Callable[[], bool]], ...] = (
            ("packages", self._packages),
            ("users", self._users),
            ("folders", self._folders),
            ("access", self._access),
            ("files", self._files),
            ("web_server", self._web_server),
        )
        for name, step in steps:
            self._ctx.step = name
            started = time.monotonic()
            self._emit({"event": "step", "step": name, "state": "started"})
            try:
                changed = step()
            except ActionFailed as failed:
                return {
                    "event": "order",
                    "ok": False,
                    "step": name,
                    "cause": failed.cause,
                    "hint": failed.hint,
                    "log": list(failed.log),
                    "seconds": time.monotonic() - started,
                }
            self._emit(
                {
                    "event": "step",
                    "step": name,
                    "state": "finished",
                    "seconds": time.monotonic() - started,
                    "changed": changed,
                    "note": "" if changed else "as it should be",
                }
            )
        return {"event": "order", "ok": True, "results": self._results()}

    def _results(self) -> dict[str, object]:
        key = self._app_home() / ".ssh/id_ed25519.pub"
        try:
            # The folder is the app's, and this text is shown: a link there is not followed.
            return {"deploy_key": read_plain(key).decode("ascii", "replace").strip()}
        except OSError:
            return {"deploy_key": ""}

    def _app_home(self) -> Path:
        return Path("/srv") / self._ctx.app

    def _packages(self) -> bool:
        programs = self._wanted.get("programs")
        return install_packages(
            self._ctx, self._list("packages"), programs if isinstance(programs, Mapping) else {}
        )

    def _users(self) -> bool:
        app = self._ctx.app
        changed = False
        home = str(self._app_home())
        if not is_of_app(app, home):
            self._must((*_ADD_APP_USER, "--home-dir", home, "--shell", "/usr/sbin/nologin", app))
            changed = True
        if self._user != "root" and not has_user(self._user):
            self._must(("useradd", "--create-home", "--shell", "/bin/bash", self._user))
            changed = True
        if self._list("web_group") and "www-data" not in grp.getgrnam(app).gr_mem:
            # nginx reaches the app's socket and static files as a member of its group
            self._must(("usermod", "-aG", app, "www-data"))
            changed = True
        return changed

    def _folders(self) -> bool:
        app = self._ctx.app
        changed = [
            ensure_folder(self._app_home() / name, mode, app if own else "root", app if own else "")
            for name, mode, own in _APP_FOLDERS
        ]
        changed.append(ensure_folder(Path("/var/lib/deployer") / app, 0o700, "root", ""))
        changed.append(ensure_folder(Path("/opt/backups"), 0o711, "root", ""))
        if self._wanted.get("deploy_key"):
            changed.append(self._deploy_key())
        return any(changed)

    def _deploy_key(self) -> bool:
        app = self._ctx.app
        folder = self._app_home() / ".ssh"
        changed = ensure_folder(folder, 0o700, app, app)
        key = folder / "id_ed25519"
        if not key.exists():
            comment = f"{app}@{os.uname().nodename}"
            self._must((*_KEYGEN, "-C", comment, "-f", str(key)), user=app)
            changed = True
        known = "".join(f"{line}\n" for line in self._list("known_hosts")).encode()
        if not known:
            return changed  # somebody may have pinned the forge by hand
        return ensure_file(folder / "known_hosts", known, 0o600, app) or changed

    def _access(self) -> bool:
        if self._user == "root":
            return False
        home = Path(pwd.getpwnam(self._user).pw_dir)
        wanted = self._list("authorized_keys") or self._own_keys()
        folder = home / ".ssh"
        changed = ensure_folder(folder, 0o700, self._user, self._user)
        file = folder / "authorized_keys"
        present = _lines_of(file)
        lines = [*present, *(line for line in wanted if line not in present)]
        content = "".join(f"{line}\n" for line in lines).encode()
        return ensure_file(file, content, 0o600, self._user) or changed

    def _own_keys(self) -> list[str]:
        """Who may log in as the user that sets up, may also deploy."""
        me = pwd.getpwnam(os.environ.get("SUDO_USER", "") or "root")
        file = Path(me.pw_dir) / ".ssh/authorized_keys"
        lines = file.read_text().splitlines() if file.is_file() else []
        return [line for line in lines if line.strip() and not line.startswith("#")]

    def _files(self) -> bool:
        changed = False
        for item in self._items("files"):
            path, mode = Path(str(item["path"])), int(str(item["mode"]))
            content = item["content"]
            if not isinstance(content, bytes):
                raise ActionFailed(f"`{path}` came without content")
            if path.parent == Path("/etc/sudoers.d"):
                self._check_sudoers(content)
            if _NGINX in path.parents and not self._nginx_file_is_wanted(path):
                continue
            changed = ensure_file(path, content, mode, "root") or changed
        if changed:
            self._must(("systemctl", "daemon-reload"))
        self._must(("systemctl", "enable", "--quiet", f"deployer-recover@{self._ctx.app}.service"))
        return changed

    def _nginx_file_is_wanted(self, path: Path) -> bool:
        if not _NGINX.is_dir():
            return False
        if "catchall" not in path.name:
            return True
        others = (
            file for folder in ("sites-enabled", "conf.d") for file in (_NGINX / folder).glob("*")
        )
        pattern = re.compile(r"^\s*listen\b[^;#]*\bdefault_server\b", re.MULTILINE)
        return not any(
            file != path and file.is_file() and pattern.search(file.read_text(errors="replace"))
            for file in others
        )

    def _check_sudoers(self, content: bytes) -> None:
        asked = self._ctx.execute(("visudo", "-c", "-f", "-"), stdin=content, quiet=True)
        if not asked.ok:
            raise ActionFailed("visudo refuses our sudoers file", log=asked.lines)

    def _web_server(self) -> bool:
        if not self._list("web_group"):
            return False
        if shutil.which("nginx") is None:
            raise ActionFailed("nginx is not installed", "Install nginx-light or nginx.")
        asked = self._ctx.execute(("nginx", "-t", "-q"), quiet=True)
        if not asked.ok:
            raise ActionFailed(
                "the live nginx configuration is broken, `nginx -t` refuses it",
                "Mend the file that nginx names; sites that run now go on running.",
                asked.lines,
            )
        active = self._ctx.execute(("systemctl", "is-active", "--quiet", "nginx"), quiet=True).ok
        self._must(("systemctl", "enable", "--quiet", "nginx"))
        self._must(("systemctl", "reload" if active else "start", "nginx"))
        return not active

    def _must(
        self, words: tuple[str, ...], *, user: str = "", env: Mapping[str, str] | None = None
    ) -> None:
        done = self._ctx.execute(words, user=user, env=env, timeout=_TIMEOUT)
        if not done.ok:
            raise ActionFailed(f"`{' '.join(words)}` {done.problem}", log=done.lines)

    def _list(self, key: str) -> list[str]:
        value = self._wanted.get(key)
        return [str(one) for one in value] if isinstance(value, list) else []

    def _items(self, key: str) -> list[Mapping[str, object]]:
        value = self._wanted.get(key)
        return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _lines_of(file: Path) -> list[str]:
    try:
        return read_plain(file).decode().splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ActionFailed(f"`{file}` is no plain file", f"Look with `ls -l {file}`.") from error
