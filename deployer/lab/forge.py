"""A git server on a lab host, for apps that hosts pull: user `git`, git-shell, deploy keys."""

from pathlib import Path

from deployer.errors import LabError
from deployer.lab.host import LabHost
from deployer.lab.machine import run

REPOSITORIES = "/srv/git"
BRANCHES_AND_TAGS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
SET_UP = f"""set -e
getent passwd git >/dev/null || useradd --create-home --shell /usr/bin/git-shell git
install -d -o git -g git -m 755 {REPOSITORIES}
install -d -o git -g git -m 700 ~git/.ssh
"""
# git-shell is the login shell, so no command= in front of the key: both together refuse everything.
AUTHORIZE = """set -e
read -r key
file=~git/.ssh/authorized_keys
grep -qsxF "restrict $key" "$file" || echo "restrict $key" >>"$file"
chown git:git "$file"; chmod 600 "$file"
"""


class Forge:
    """Repositories that hosts of the lab fetch over ssh with a key of their own."""

    def __init__(self, host: LabHost) -> None:
        self.host = host
        self._on_host(SET_UP)
        self.authorize(host.key.with_suffix(".pub").read_text())

    @property
    def known_hosts(self) -> str:
        """The line that pins the forge's host key (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
        return f"{self.host.name},{self.host.address} {self.host.host_keys[0]}\n"

    def url(self, name: str) -> str:
        """Return where hosts find the repository `name`."""
        return f"ssh://git@{self.host.address}{REPOSITORIES}/{name}.git"

    def authorize(self, public_key: str) -> None:
        """Let the owner of this key (`ssh-ed25519 AAAA…`) fetch and push."""
        self._on_host(AUTHORIZE, stdin=f"{public_key.strip()}\n")

    def push(self, repository: Path, name: str) -> str:
        """Copy the branches and tags of a repository of this machine; returns its address."""
        bare = f"{REPOSITORIES}/{name}.git"
        self._on_host(f"test -d {bare} || runuser -u git -- git init -q --bare {bare}")
        ssh = f"ssh -F '{self.host.key.with_name('ssh_config')}' -o BatchMode=yes"
        run(
            *("env", f"GIT_SSH_COMMAND={ssh}", "git", "-C", str(repository)),
            *("push", "--quiet", "--prune", self.url(name), *BRANCHES_AND_TAGS),
            timeout=120,
        )
        return self.url(name)

    def _on_host(self, script: str, *, stdin: str = "") -> None:
        result = self.host.run(script, input=stdin)
        if result.returncode:
            raise LabError(
                f"The forge on `{self.host.name}` refused: {result.stderr.strip()}",
                hint="Give it a host that is up and not a forge of another kind already.",
            )
