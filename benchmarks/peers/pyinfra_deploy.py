"""A deploy with pyinfra: the steps of on_host.sh.

Data: app, server_name, files, release, archive, backup.
"""

from pyinfra import host
from pyinfra.facts.files import File, Link
from pyinfra.operations import files, server, systemd

APP, RELEASE = host.data.app, host.data.release
ROOT = f"/srv/{APP}"
FOLDER, BACKUP = f"{ROOT}/releases/{RELEASE}", host.data.backup
LOCK = f"/run/lock/deploy-{APP}"
link = host.get_fact(Link, path=f"{ROOT}/current")
LIVE = link["link_target"].rpartition("/")[2] if link else ""


def manage(words):
    server.shell(
        name=words,
        commands=[
            f"cd {FOLDER} && set -a && . {ROOT}/shared/app.env && . {FOLDER}/release.env && "
            f"runuser -u {APP} -- {ROOT}/venv/bin/python manage.py {words} --noinput"
        ],
    )


server.shell(name="Lock", commands=[f"mkdir {LOCK}"])
if LIVE:
    server.shell(
        name="Back up",
        commands=[
            f"mkdir -m 700 {BACKUP}",
            f"tar -czf {BACKUP}/code.tar.gz -C {ROOT}/releases {LIVE}",
            f"tar -czf {BACKUP}/config.tar.gz -C / srv/{APP}/shared/app.env "
            f"srv/{APP}/gunicorn.conf.py etc/systemd/system/{APP}.service "
            f"etc/nginx/sites-available/{APP}.conf",
            f"sqlite3 {ROOT}/shared/db.sqlite3 \"VACUUM INTO '{BACKUP}/db.sqlite3'\"",
            f"[ \"$(sqlite3 {BACKUP}/db.sqlite3 'PRAGMA quick_check')\" = ok ]",
            f"gzip -t {BACKUP}/*.gz",
            f"cd {BACKUP} && sha256sum -- *.gz *.sqlite3 >SHA256SUMS",
            f"sync -f {BACKUP}",
        ],
    )
files.directory(name="Make the release's folder", path=FOLDER)
files.put(name="Send the code", src=host.data.archive, dest=f"/tmp/{RELEASE}.tar.gz")
server.shell(
    name="Unpack the code",
    commands=[
        f"tar -xz --no-same-owner -C {FOLDER} -f /tmp/{RELEASE}.tar.gz",
        f"rm /tmp/{RELEASE}.tar.gz",
        f"printf 'RELEASE_ID={RELEASE}\\nSTATIC_ROOT={FOLDER}/static\\n' >{FOLDER}/release.env",
        f"chown -R {APP}:{APP} {FOLDER}",
    ],
)
if not host.get_fact(File, path=f"{ROOT}/venv/bin/pip"):
    server.shell(name="Make the environment", commands=[f"python3 -m venv {ROOT}/venv"])
server.shell(
    name="Install the requirements",
    commands=[
        f"{ROOT}/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input "
        f"--require-hashes --no-index --find-links {ROOT}/wheelhouse -r {FOLDER}/requirements.txt"
    ],
)
manage("migrate")
manage("collectstatic")
for source, path in (
    ("gunicorn.conf.py.j2", f"{ROOT}/gunicorn.conf.py"),
    ("app.service.j2", f"/etc/systemd/system/{APP}.service"),
    ("site.conf.j2", f"/etc/nginx/sites-available/{APP}.conf"),
):
    files.template(
        name=f"Write {path}",
        src=f"{host.data.files}/{source}",
        dest=path,
        mode="644",
        app=APP,
        server_name=host.data.server_name,
    )
files.link(
    name="Enable the site",
    path=f"/etc/nginx/sites-enabled/{APP}.conf",
    target=f"../sites-available/{APP}.conf",
)
server.shell(name="Check nginx", commands=["nginx -t -q"])
if LIVE:
    server.shell(
        name="Remember the release before", commands=[f"ln -sfn releases/{LIVE} {ROOT}/previous"]
    )
server.shell(
    name="Switch",
    commands=[
        f"ln -s releases/{RELEASE} {ROOT}/current.new && mv -T {ROOT}/current.new {ROOT}/current"
    ],
)
systemd.service(
    name="Restart", service=APP, running=True, restarted=True, enabled=True, daemon_reload=True
)
systemd.service(name="Reload nginx", service="nginx", reloaded=True)
server.shell(
    name="Check the health",
    commands=[
        f"for i in $(seq 200); do curl -sf --max-time 5 -H 'Host: {host.data.server_name}' "
        f'http://127.0.0.1/healthz | grep -qF \'"release": "{RELEASE}"\' && exit 0; '
        "sleep 0.1; done; exit 1"
    ],
)
server.shell(
    name="Prune",
    commands=[
        f"cd {ROOT}/releases && ls -1 | head -n -5 | while read one; do "
        f'[ "$one" = {RELEASE} ] || rm -rf "$one"; done',
        f"find /opt/backups -maxdepth 1 -name '{APP}_*' | sort | head -n -10 | xargs -r rm -rf",
        f"echo \"$(date '+%F %T') {APP}: {RELEASE} is live\" >>/var/log/deploy.log",
        f"rmdir {LOCK}",
    ],
)
