"""The client programs of MariaDB or MySQL, as the app's user; the password is in no argument."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deployer.agent.backups.dumped import TIMEOUT
from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases.mysql_url import option_file
from deployer.agent.system.programs import PATH, Completed

SHORT = 30.0


@dataclass(frozen=True)
class MysqlClient:
    """How the client programs of this host connect."""

    ctx: Context
    user: str
    options: Path
    database: str

    def run(
        self, words: tuple[str, ...], sink: int = -1, feed: int = -1, stdin: bytes = b""
    ) -> Completed:
        """Run `words[0]` with the option file first, where it has to be."""
        program, *rest = words
        timeout = TIMEOUT if sink >= 0 or feed >= 0 else SHORT
        return self.ctx.execute(
            (program, f"--defaults-file={self.options}", *rest),
            user=self.user,
            stdin=stdin,
            sink=sink,
            feed=feed,
            quiet=True,
            timeout=timeout,
        )

    def ask(self, sql: str) -> tuple[str, ...]:
        """Ask the server; raises ActionFailed with what the client said."""
        words = ("--batch", "--raw", "--skip-column-names", self.database)
        said = self.run((client_program("mariadb", "mysql"), *words), stdin=sql.encode())
        if not said.ok:
            last = said.lines[-1] if said.lines else said.problem
            hint = "Is the URL of the database right, and may this user connect?"
            raise ActionFailed(f"the database server could not be asked: {last}", hint, said.lines)
        return tuple(said.stdout.decode("utf-8", "replace").splitlines())


@contextmanager
def connected(
    ctx: Context, user: str, options: Mapping[str, str], database: str
) -> Iterator[MysqlClient]:
    """Give a client whose options are in a file that only the app's user can read."""
    above = ctx.path("/run")
    room = Path(tempfile.mkdtemp(prefix="dump-", dir=above if above.is_dir() else None))
    try:
        file = room / "options.cnf"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            written.write(option_file(dict(options)))
        for one in (file, room):
            os.chown(one, pwd.getpwnam(user).pw_uid, -1)
        yield MysqlClient(ctx, user, file, database)
    except KeyError as error:
        hint = "Run `inv setup` for this host."
        raise ActionFailed(f"this host has no user `{user}`", hint) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


def client_program(*names: str) -> str:
    """Choose the first of these programs that is here."""
    return next((name for name in names if shutil.which(name, path=PATH)), names[-1])
