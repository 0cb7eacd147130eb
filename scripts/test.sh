#!/usr/bin/env bash
# Installs packages, builds and runs every test, and closes with a line `N passed, N failed`.
# Usage: scripts/test.sh [RUNG]...   (unit, actors, network, process, simulation; default: all)
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
scripts/install_packages.sh
rungs=("$@")
[ $# -gt 0 ] || rungs=(unit actors network process simulation)
targets=(tickmesh)
for rung in "${rungs[@]}"; do
  if [ "$rung" = simulation ]; then targets+=(broker_sim); else targets+=("${rung}_tests"); fi
done
scripts/build.sh "${targets[@]}"

passed=0
failed=0
for rung in "${rungs[@]}"; do
  log=build/$rung.log
  start=$SECONDS
  status=0
  program=(build/release/"${rung}_tests")
  [ "$rung" != simulation ] || program=(build/release/broker_sim --seeds 1000)
  timeout --kill-after=10 900 "${program[@]}" >"$log" 2>&1 || status=$?
  grep -h '^SKIPPED' "$log" || true
  # doctest: [doctest] test cases: 12 | 12 passed | 0 failed | 0 skipped
  counts=$(sed -nE 's/.*test cases: *[0-9]+ *\| *([0-9]+) passed *\| *([0-9]+) failed.*/\1 \2/p' \
    "$log" | tail -1)
  # broker_sim: 1000 seeds, 0 violations
  [ -n "$counts" ] || counts=$(sed -nE 's/^([0-9]+) seeds, ([0-9]+) violations$/\1 \2/p' "$log")
  read -r ok bad <<<"${counts:-0 0}"
  # A rung that crashed, hung or ran nothing has failed, whatever it counted.
  if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$ok" -eq 0 ]; }; then bad=1; fi
  passed=$((passed + ok))
  failed=$((failed + bad))
  echo "$rung: $ok passed, $bad failed in $((SECONDS - start)) s"
  [ "$bad" -eq 0 ] || { tail -60 "$log"; echo "the whole log is in $log (exit status $status)"; }
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
