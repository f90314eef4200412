#!/usr/bin/env bash
# Back to the release before, by hand: link, restart, health.
#   APP=shop SERVER_NAME=shop.example.org SSH_CONFIG=… rollback.sh HOST…
set -euo pipefail
. "$(dirname "$0")/fan_out.sh"

one() { on_host "$1" rollback "$APP" "$SERVER_NAME" </dev/null; }

all one "$@"
echo "rolled back on $*"
