#!/usr/bin/env bash
# Builds targets in the one build tree, build/release (optimised, assertions on), shows how far it
# is, and prints how long each took. Usage: scripts/build.sh TARGET...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=build/build.log
mkdir -p build
start=$SECONDS
if ! cmake --preset release >"$log" 2>&1 ||
  ! cmake --build --preset release --target "$@" 2>&1 | python3 scripts/progress.py building "$log"
then
  grep -E 'error|FAILED|CMake Error' "$log" | head -40 >&2 || true
  echo "build: failed; the whole log is in $log" >&2
  exit 1
fi
echo "built $* in $((SECONDS - start)) s"
python3 scripts/build_times.py build/release/.ninja_log
