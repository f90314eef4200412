"""A deploy with plain Fabric: the steps of on_host.sh, one command each.

    with_fabric.py serial|group deploy RELEASE ARCHIVE HOST… | serial|group rollback HOST…

APP, SERVER_NAME and SSH_CONFIG come from the environment. `serial` does one host after the other,
`group` each step on all hosts at once (ThreadingGroup).
"""

import os
import sys
import time
from io import StringIO
from pathlib import Path

from fabric import Config, SerialGroup, ThreadingGroup
from jinja2 import Template

APP, NAME = os.environ["APP"], os.environ["SERVER_NAME"]
ROOT = f"/srv/{APP}"
FILES = Path(__file__).parent / "files"
LIVE = f'old=$(basename "$(readlink {ROOT}/current 2>/dev/null || true)")'
PLACES = {
    "gunicorn.conf.py.j2": f"{ROOT}/gunicorn.conf.py",
    "app.service.j2": f"/etc/systemd/system/{APP}.service",
    "site.conf.j2": f"/etc/nginx/sites-available/{APP}.conf",
}


class Hosts:
    """Some hosts that do the same; a command that fails ends the script."""

    def __init__(self, group):
        self._group = group

    def run(self, line):
        return self._group.run(line, hide=True, in_stream=False)

    def put(self, local, remote):
        self._group.put(local, remote)

    def write(self, path, text):
        self.put_text(text, f"{path}.new")
        self.run(f"chmod 644 {path}.new && mv {path}.new {path}")

    def put_text(self, text, path):
        for connection in self._group:
            connection.put(StringIO(text), path)


def backup(hosts):
    to = f"/opt/backups/{APP}_{time.strftime('%Y%m%d_%H%M%S', time.gmtime())}"
    live = next(iter(hosts.run(f'{LIVE}; echo "$old"').values())).stdout.strip()
    if not live:
        return
    database = f"{ROOT}/shared/db.sqlite3"
    hosts.run(f"mkdir -m 700 {to}")
    hosts.run(f'{LIVE}; tar -czf {to}/code.tar.gz -C {ROOT}/releases "$old"')
    hosts.run(
        f"tar -czf {to}/config.tar.gz -C / srv/{APP}/shared/app.env srv/{APP}/gunicorn.conf.py "
        f"etc/systemd/system/{APP}.service etc/nginx/sites-available/{APP}.conf"
    )
    hosts.run(f"""sqlite3 {database} "VACUUM INTO '{to}/db.sqlite3'" """)
    hosts.run(f"[ \"$(sqlite3 {to}/db.sqlite3 'PRAGMA quick_check')\" = ok ]")
    hosts.run(f"gzip -t {to}/*.gz")
    hosts.run(f"cd {to} && sha256sum -- *.gz *.sqlite3 >SHA256SUMS")
    hosts.run(f"sync -f {to}")


def pull(hosts, release, archive):
    folder = f"{ROOT}/releases/{release}"
    hosts.run(f"mkdir {folder}")
    hosts.put(archive, f"/tmp/{release}.tar.gz")
    hosts.run(f"tar -xz --no-same-owner -C {folder} -f /tmp/{release}.tar.gz")
    hosts.run(f"rm /tmp/{release}.tar.gz")
    env = f"RELEASE_ID={release}\\nSTATIC_ROOT={folder}/static\\n"
    hosts.run(f"printf '{env}' >{folder}/release.env")
    hosts.run(f"chown -R {APP}:{APP} {folder}")


def install(hosts, release):
    hosts.run(f"[ -x {ROOT}/venv/bin/python ] || python3 -m venv {ROOT}/venv")
    hosts.run(
        f"{ROOT}/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input "
        f"--require-hashes --no-index --find-links {ROOT}/wheelhouse "
        f"-r {ROOT}/releases/{release}/requirements.txt"
    )


def manage(hosts, release, words):
    folder = f"{ROOT}/releases/{release}"
    hosts.run(
        f"cd {folder} && set -a && . {ROOT}/shared/app.env && . {folder}/release.env && "
        f"runuser -u {APP} -- {ROOT}/venv/bin/python manage.py {words} --noinput"
    )


def configure(hosts):
    for name, path in PLACES.items():
        text = Template((FILES / name).read_text()).render(app=APP, server_name=NAME)
        hosts.write(path, text)
    hosts.run(f"ln -sfn ../sites-available/{APP}.conf /etc/nginx/sites-enabled/{APP}.conf")
    hosts.run("nginx -t -q")


def switch(hosts, target):
    """`target` is a shell word for the folder, relative to the root."""
    hosts.run(f"ln -s {target} {ROOT}/current.new && mv -T {ROOT}/current.new {ROOT}/current")
    hosts.run("systemctl daemon-reload")
    link = f"/etc/systemd/system/multi-user.target.wants/{APP}.service"
    hosts.run(f"[ -e {link} ] || systemctl enable --quiet {APP}")
    hosts.run(f"systemctl restart {APP}")
    hosts.run("systemctl reload nginx")


def check(hosts):
    wanted = f'\\"release\\": \\"$(basename "$(readlink {ROOT}/current)")\\"'
    ask = f"curl -sf --max-time 5 -H 'Host: {NAME}' http://127.0.0.1/healthz"
    hosts.run(
        f'wanted="{wanted}"; for i in $(seq 200); do case "$({ask})" in *"$wanted"*) exit 0;; '
        "esac; sleep 0.1; done; exit 1"
    )


def prune(hosts):
    hosts.run(
        f"{LIVE}; cd {ROOT}/releases && ls -1 | head -n -5 | while read one; do "
        '[ "$one" = "$old" ] || rm -rf "$one"; done'
    )
    hosts.run(
        f"find /opt/backups -maxdepth 1 -name '{APP}_*' | sort | head -n -10 | xargs -r rm -rf"
    )


def log(hosts, text):
    hosts.run(f"echo \"$(date '+%F %T') {APP}: {text}\" >>/var/log/deploy.log")


def deploy(hosts, release, archive):
    backup(hosts)
    pull(hosts, release, archive)
    install(hosts, release)
    manage(hosts, release, "migrate")
    manage(hosts, release, "collectstatic")
    configure(hosts)
    hosts.run(f'{LIVE}; [ -z "$old" ] || ln -sfn "releases/$old" {ROOT}/previous')
    switch(hosts, f"releases/{release}")
    check(hosts)
    prune(hosts)
    log(hosts, f"{release} is live")


def rollback(hosts):
    switch(hosts, f'"$(readlink {ROOT}/previous)"')
    check(hosts)
    log(hosts, "the release before is live again")


def main(kind, task, *words):
    count = 2 if task == "deploy" else 0
    settings, names = words[:count], words[count:]
    config = Config(runtime_ssh_path=os.environ["SSH_CONFIG"])
    whole = [ThreadingGroup(*names, config=config)]
    groups = whole if kind == "group" else [SerialGroup(one, config=config) for one in names]
    for group in groups:
        with group:
            hosts = Hosts(group)
            hosts.run(f"mkdir /run/lock/deploy-{APP}")
            try:
                (deploy if task == "deploy" else rollback)(hosts, *settings)
            finally:
                hosts.run(f"rmdir /run/lock/deploy-{APP}")


if __name__ == "__main__":
    main(*sys.argv[1:])
