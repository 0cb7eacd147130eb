#!/usr/bin/env bash
# Installs packages, builds and runs every test, and closes with a line `N passed, N failed`.
# Usage: scripts/test.sh [RUNG | NAME]...
#   RUNG   unit, actors, network, process, simulation or cluster; default: all
#   NAME   a part of the names of tests: those alone, in the rungs that have them
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
scripts/install_packages.sh
rungs=()
filters=()
for argument in "$@"; do
  case $argument in
    -h | --help) sed -n '2,5s/^# //p' "$0"; exit 0 ;;
    unit | actors | network | process | simulation | cluster) rungs+=("$argument") ;;
    *)
      found=0
      for rung in unit actors network process; do
        grep -rqF --include='*_test.cpp' -- "$argument" "tests/$rung" || continue
        found=1
        [[ " ${rungs[*]} " = *" $rung "* ]] || rungs+=("$rung")
      done
      [ $found -eq 1 ] || {
        echo "test: no test is named like \"$argument\"; a rung is unit, actors, network," \
          "process, simulation or cluster" >&2
        exit 2
      }
      filters+=("*${argument//,/\\,}*")
      ;;
  esac
done
[ $# -gt 0 ] || rungs=(unit actors network process simulation cluster)
only=()
[ ${#filters[@]} -eq 0 ] || only=("-tc=$(IFS=,; echo "${filters[*]}")")
# What runs a rung: a test program, or a simulation with its number of seeds.
program_of() {
  case $1 in
    simulation) echo broker_sim --seeds 1000 ;;
    cluster) echo cluster_sim --known --seeds 2000 ;;
    *) echo "${1}_tests" ;;
  esac
}
targets=(tickmesh)
for rung in "${rungs[@]}"; do
  read -r target _ <<<"$(program_of "$rung")"
  targets+=("$target")
done
scripts/build.sh "${targets[@]}"

passed=0
failed=0
for rung in "${rungs[@]}"; do
  log=build/$rung.log
  start=$SECONDS
  status=0
  read -ra words <<<"$(program_of "$rung")"
  program=(build/release/"${words[0]}" "${words[@]:1}" "${only[@]}")
  if [ ${#only[@]} -gt 0 ] && "${program[@]}" -ltc | grep -q 'filters: 0$'; then continue; fi
  timeout --kill-after=10 900 "${program[@]}" >"$log" 2>&1 || status=$?
  grep -h '^SKIPPED' "$log" || true
  # doctest: [doctest] test cases: 12 | 12 passed | 0 failed | 0 skipped
  counts=$(sed -nE 's/.*test cases: *[0-9]+ *\| *([0-9]+) passed *\| *([0-9]+) failed.*/\1 \2/p' \
    "$log" | tail -1)
  # simulations: 1000 seeds, 0 violations
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
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
