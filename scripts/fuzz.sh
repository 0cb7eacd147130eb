#!/usr/bin/env bash
# Runs fuzz targets (tests/fuzz) under libFuzzer with the address and undefined-behaviour
# sanitizers, each for a while. Bytes that fail are kept in tests/fuzz/corpus/TARGET, where the unit
# tests run them, too. Needs the packages clang-19 and libclang-rt-19-dev.
# Usage: scripts/fuzz.sh [SECONDS] [TARGET]...
#   SECONDS  for each target; default 60
#   TARGET   default: all; `list` names them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=60
case ${1:-} in
  -h | --help) sed -n '2,8s/^# //p' "$0"; exit 0 ;;
  '' | *[!0-9]*) ;;
  *) seconds=$1; shift ;;
esac
command -v clang++-19 >/dev/null || {
  echo "fuzz: clang++-19 is missing; apt-get install clang-19 libclang-rt-19-dev" >&2
  exit 2
}
log=build/fuzz.log
mkdir -p build
if ! cmake --preset fuzz >"$log" 2>&1 || ! cmake --build --preset fuzz >>"$log" 2>&1; then
  grep -E 'error|FAILED|CMake Error' "$log" | head -40 >&2 || true
  echo "fuzz: the build failed; the whole log is in $log" >&2
  exit 1
fi
program=build/fuzz/fuzz
mapfile -t known < <("$program")
if [ "${1:-}" = list ]; then printf '%s\n' "${known[@]}"; exit 0; fi
targets=("$@")
[ $# -gt 0 ] || targets=("${known[@]}")
for target in "${targets[@]}"; do
  [[ " ${known[*]} " = *" $target "* ]] || {
    echo "fuzz: there is no target $target; scripts/fuzz.sh list names them" >&2
    exit 2
  }
done

failed=()
for target in "${targets[@]}"; do
  grown=build/fuzz/corpus/$target
  kept=tests/fuzz/corpus/$target
  mkdir -p "$grown" "$kept"
  export TICKMESH_FUZZ_TARGET=$target
  TICKMESH_FUZZ_SAMPLES=$grown "$program"
  log=build/fuzz/$target.log
  if "$program" "$grown" "$kept" -max_total_time="$seconds" -max_len=8192 -timeout=10 \
    -rss_limit_mb=2048 -malloc_limit_mb=1024 -artifact_prefix="$kept/" >"$log" 2>&1
  then
    sed -nE "s/^Done ([0-9]+) runs in ([0-9]+) .*/$target: \1 runs in \2 s, nothing found/p" "$log"
  else
    failed+=("$target")
    grep -E 'ERROR|what\(\)|runtime error|Test unit written' "$log" | sed "s/^/$target: /" || true
    echo "$target: failed; the whole log is in $log"
  fi
  rmdir --ignore-fail-on-non-empty "$kept"
done
[ ${#failed[@]} -eq 0 ] || { echo "fuzz: failed: ${failed[*]}"; exit 1; }
echo "fuzz: ${#targets[@]} targets, nothing found"
