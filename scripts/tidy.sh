#!/usr/bin/env bash
# clang-tidy 19 with the checks of .clang-tidy. Configures build/release and makes the headers that
# Protobuf generates, then runs scripts/check_tidy.py.
# Usage: scripts/tidy.sh [-j N] [PATH]...
#   PATH  a file, checked alone, or a folder; default: messages, runtime, actors and apps
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-} in -h | --help) sed -n '2,5s/^# //p' "$0"; exit 0 ;; esac
command -v clang-tidy-19 >/dev/null || {
  echo "tidy: clang-tidy-19 is missing; apt-get install clang-tidy-19" >&2
  exit 2
}
log=build/tidy.log
mkdir -p build
protos=(messages/proto/*.proto)
if ! cmake --preset release >"$log" 2>&1 ||
  ! cmake --build --preset release --target "${protos[@]/%.proto/.pb.h}" >>"$log" 2>&1
then
  echo "tidy: the headers that Protobuf generates can't be made; see $log" >&2
  exit 1
fi
exec python3 scripts/check_tidy.py "$@"
