# What deploy.sh and rollback.sh have a host do, as root; the tree comes on stdin (tar, gzip).
#   deploy APP SERVER_NAME RELEASE | rollback APP SERVER_NAME
# Users, folders, nginx and python3-venv are there; so are shared/app.env and wheelhouse/.
set -euo pipefail
umask 022

task=$1 app=$2 name=$3
root=/srv/$app
keep_releases=5 keep_backups=10

as_app() { runuser -u "$app" -- "$@"; }
say() { printf '%s %s\n' "$(date '+%F %T')" "$app: $*" | tee -a /var/log/deploy.log; }
live() { basename "$(readlink "$root/current" 2>/dev/null || true)"; }

manage() { # RELEASE WORD…: with the environment of the service
  (
    cd "$root/releases/$1"
    set -a
    . "$root/shared/app.env"
    . "$root/releases/$1/release.env"
    set +a
    as_app "$root/venv/bin/python" manage.py "${@:2}"
  )
}

backup() {
  local old to
  old=$(live)
  [ -n "$old" ] || return 0
  to=/opt/backups/${app}_$(date -u +%Y%m%d_%H%M%S)
  mkdir -m 700 "$to"
  tar -czf "$to/code.tar.gz" -C "$root/releases" "$old"
  tar -czf "$to/config.tar.gz" -C / "srv/$app/shared/app.env" "srv/$app/gunicorn.conf.py" \
    "etc/systemd/system/$app.service" "etc/nginx/sites-available/$app.conf"
  if [ -f "$root/shared/db.sqlite3" ]; then
    sqlite3 "$root/shared/db.sqlite3" "VACUUM INTO '$to/db.sqlite3'"
    [ "$(sqlite3 "$to/db.sqlite3" 'PRAGMA quick_check')" = ok ]
  fi
  gzip -t "$to"/*.gz # read it back
  (cd "$to" && sha256sum -- *.gz *.sqlite3 >SHA256SUMS)
  sync -f "$to"
}

write() { # FILE: replace it by stdin
  cat >"$1.new"
  mv "$1.new" "$1"
}

configure() {
  write "$root/gunicorn.conf.py" <<END
wsgi_app = "shop.wsgi:application"
bind = "unix:/run/$app/app.sock"
worker_class = "gthread"
workers = 2
threads = 4
timeout = 30
graceful_timeout = 30
umask = 0o007
worker_tmp_dir = "/dev/shm"
errorlog = "-"
control_socket_disable = True
END
  write "/etc/systemd/system/$app.service" <<END
[Unit]
Description=$app
After=network-online.target
[Service]
Type=notify
NotifyAccess=main
User=$app
Group=$app
UMask=0027
EnvironmentFile=$root/shared/app.env
EnvironmentFile=$root/current/release.env
Environment=PYTHONUNBUFFERED=1
WorkingDirectory=$root/current
RuntimeDirectory=$app
RuntimeDirectoryMode=0750
ExecStart=$root/venv/bin/gunicorn --config $root/gunicorn.conf.py
KillMode=mixed
TimeoutStopSec=35
Restart=on-failure
ProtectSystem=strict
ReadWritePaths=$root/shared
PrivateTmp=true
NoNewPrivileges=true
[Install]
WantedBy=multi-user.target
END
  write "/etc/nginx/sites-available/$app.conf" <<END
upstream $app {
    server unix:/run/$app/app.sock fail_timeout=0;
}
server {
    listen 80;
    server_name $name;
    client_max_body_size 20m;
    location /static/ {
        alias $root/current/static/;
    }
    location /media/ {
        alias $root/shared/media/;
    }
    location / {
        proxy_set_header Host \$host;
        proxy_set_header X-Forwarded-For \$remote_addr;
        proxy_set_header X-Forwarded-Proto \$scheme;
        proxy_pass http://$app;
    }
}
END
  ln -sfn "../sites-available/$app.conf" "/etc/nginx/sites-enabled/$app.conf"
  nginx -t -q
}

switch() { # RELEASE: link, restart, reload
  ln -s "releases/$1" "$root/current.new"
  mv -T "$root/current.new" "$root/current"
  systemctl daemon-reload
  [ -e "/etc/systemd/system/multi-user.target.wants/$app.service" ] ||
    systemctl enable --quiet "$app"
  systemctl restart "$app"
  systemctl reload nginx
}

healthy() { # RELEASE: 200 through nginx, from this release
  local answer
  for _ in {1..200}; do
    answer=$(curl -sf --max-time 5 -H "Host: $name" http://127.0.0.1/healthz 2>/dev/null || true)
    [[ $answer != *"\"release\": \"$1\""* ]] || return 0
    sleep 0.1
  done
  say "$1 is not healthy"
  return 1
}

prune() {
  local old
  for old in $(ls -1 "$root/releases" | head -n "-$keep_releases"); do
    [ "$old" = "$(live)" ] || rm -rf "${root:?}/releases/$old"
  done
  find /opt/backups -maxdepth 1 -name "${app}_*" | sort | head -n "-$keep_backups" | xargs -r rm -rf
}

deploy() {
  local release=$1 old folder
  folder=$root/releases/$release
  old=$(live)
  backup
  mkdir "$folder"
  tar -xz --no-same-owner -C "$folder"
  printf 'RELEASE_ID=%s\nSTATIC_ROOT=%s/static\n' "$release" "$folder" >"$folder/release.env"
  chown -R "$app:$app" "$folder"
  [ -x "$root/venv/bin/python" ] || python3 -m venv "$root/venv"
  "$root/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --no-index --find-links "$root/wheelhouse" -r "$folder/requirements.txt"
  manage "$release" migrate --noinput
  manage "$release" collectstatic --noinput
  configure
  [ -z "$old" ] || ln -sfn "releases/$old" "$root/previous"
  switch "$release"
  if ! healthy "$release"; then
    [ -z "$old" ] || switch "$old"
    exit 1
  fi
  prune
  say "$release is live"
}

rollback() {
  local before
  before=$(basename "$(readlink "$root/previous")")
  switch "$before"
  healthy "$before"
  say "$before is live again"
}

exec 9>"/run/lock/deploy-$app.lock"
flock -n 9 || { say "another deploy is at work" && exit 1; }
"$task" "${@:4}"
