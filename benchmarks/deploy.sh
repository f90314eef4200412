#!/usr/bin/env bash
# A deploy as a careful person writes it by hand: every step, every time, over one ssh call a host.
#   APP=shop SERVER_NAME=shop.example.org REPOSITORY=… SSH_CONFIG=… deploy.sh REVISION HOST…
set -euo pipefail
. "$(dirname "$0")/fan_out.sh"

revision=$(git -C "$REPOSITORY" rev-parse --verify --quiet "$1^{commit}")
release=$(date -u +%Y%m%d%H%M%S)-${revision:0:7}
shift

one() {
  git -C "$REPOSITORY" archive "$revision" | gzip -1 |
    on_host "$1" deploy "$APP" "$SERVER_NAME" "$release"
}

all one "$@"
echo "$release is live on $*"
