#!/bin/sh
# Builds the release preset and prints the benchmark's table.
#   perf/run.sh [--quick] [--json FILE] [--runs N]
set -eu
here=$(pwd)
cd "$(dirname "$0")/.."
root=$(pwd)
build_log=$(mktemp)
trap 'rm -f "$build_log"' EXIT
if ! { cmake --preset release && cmake --build --preset release --target path_benchmark; } \
  >"$build_log" 2>&1; then
  cat "$build_log" >&2
  exit 1
fi
commit=$(git describe --always --dirty 2>/dev/null || echo unknown)
cd "$here"
"$root/build/release/path_benchmark" --commit "$commit" "$@"
