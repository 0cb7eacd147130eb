#!/usr/bin/env bash
# Runs a cluster of separate processes on this machine: 1 control, 2 data, 2 calc, 1 exec (as many
# as the configuration says), shows its progress, and merges its results at the end.
# Usage: scripts/cluster.sh [--config FILE] [--results DIR] [--state-dir DIR] [--standbys N]
#                           [--kill HOST] [FLAG]...
# --standbys adds hosts that take over from others; --kill ends a host (data-1, calc-2, ...) with
# SIGKILL two seconds after all are started. Other flags are handed to every process (tickmesh run
# --help).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tickmesh=$top/build/release/tickmesh
config=$top/config/local-cluster.toml
results=results/latest
state=var
standbys=0
victim=
flags=()
while [ $# -gt 0 ]; do
  case $1 in
    --config) config=$2; shift 2 ;;
    --results) results=$2; shift 2 ;;
    --state-dir) state=$2; shift 2 ;;
    --standbys) standbys=$2; shift 2 ;;
    --kill) victim=$2; shift 2 ;;
    -h | --help) sed -n '2,8s/^# //p' "$0"; exit 0 ;;
    *) flags+=("$1"); shift ;;
  esac
done
[ -x "$tickmesh" ] || {
  echo "cluster: $tickmesh is missing; run scripts/quickstart.sh" >&2
  exit 1
}

# How many slots of a role the configuration has; 1 where it does not say.
slots() { sed -nE "s/^$1_slots *= *([0-9]+).*/\1/p" "$config" | head -1 | grep . || echo 1; }

rm -rf "$results/parts" "$results/logs"
mkdir -p "$results/logs"
address_file=$results/logs/control.address
pids=()
victim_pid=
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done' EXIT

start_host() { # ID ROLE [FLAG]...
  local id=$1 role=$2
  shift 2
  "$tickmesh" run --config "$config" --host-id "$id" --role "$role" --results "$results" \
    --state-dir "$state" --log-file "$results/logs/$id.log" "$@" "${flags[@]}" &
  pids+=($!)
  if [ "$id" = "$victim" ]; then victim_pid=$!; fi
}

# Whether a line of the control host's log has this text.
control_says() { grep -q "$1" "$results/logs/control-1.log"; }

kill_victim() {
  for ((i = 0; i < 600; ++i)); do
    if control_says '"message":"epoch'; then break; fi
    kill -0 "${pids[0]}" 2>/dev/null || break
    sleep 0.05
  done
  sleep 2
  kill -KILL "$victim_pid" || {
    echo "cluster: $victim has ended before it was killed" >&2
    exit 1
  }
  echo "killed $victim (SIGKILL)"
}

start_host control-1 control --listen 127.0.0.1:0 --announce-file "$address_file"
for ((i = 0; i < 200; ++i)); do
  [ -s "$address_file" ] && break
  kill -0 "${pids[0]}" 2>/dev/null || break
  sleep 0.05
done
[ -s "$address_file" ] || { echo "cluster: the control host did not start" >&2; exit 1; }
address=$(cat "$address_file")
for ((i = 1; i <= standbys; ++i)); do
  start_host "standby-$i" data,calc --standby --join "$address"
done
for role in data calc exec; do
  for ((i = 1; i <= $(slots $role); ++i)); do
    start_host "$role-$i" "$role" --join "$address"
  done
done
echo "a cluster of ${#pids[@]} processes; control host at $address"

if [ -n "$victim" ]; then
  [ -n "$victim_pid" ] || { echo "cluster: --kill $victim: there is no such host" >&2; exit 1; }
  kill_victim
fi

failed=0
for pid in "${pids[@]}"; do
  wait "$pid" || [ "$pid" = "$victim_pid" ] || failed=1
done
pids=()
[ $failed -eq 0 ] || { echo "cluster: failed; logs are in $results/logs" >&2; exit 1; }
# Without results there is nothing to merge: the control host has printed the counts.
case " ${flags[*]:-} " in *" --no-results "*) exit 0 ;; esac
exec "$tickmesh" results merge "$results"
