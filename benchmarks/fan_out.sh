# Sourced by deploy.sh and rollback.sh: one ssh call for each host, all at once.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$(<"$here/on_host.sh")

on_host() { # HOST WORD…
  local host=$1
  shift
  ssh -F "$SSH_CONFIG" -o BatchMode=yes "$host" "bash -c $(printf '%q ' "$script" on_host "$@")"
}

all() { # FUNCTION HOST…: runs FUNCTION HOST for each host at once; fails if one fails
  local work=$1 host failed=0
  local -A running=()
  shift
  for host in "$@"; do
    "$work" "$host" > >(sed "s/^/$host: /") 2>&1 &
    running[$host]=$!
  done
  for host in "${!running[@]}"; do
    wait "${running[$host]}" || { failed=1 && echo "$host failed" >&2; }
  done
  return "$failed"
}
