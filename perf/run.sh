#!/usr/bin/env bash
# Builds the release preset and runs the benchmark suite; prints one table with the machine and the
# commit. Takes under 15 minutes; --quick under 3, and its figures are not comparable.
# Usage: perf/run.sh [--quick] [--json FILE] [NAME...]
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_log=$(mktemp)
trap 'rm -f "$build_log"' EXIT
build() {
  cd "$top"
  cmake --preset release
  cmake --build --preset release --target tickmesh yardstick machine_cost relay_node tcp_relay \
    ticklog_benchmark risk_benchmark execution_benchmark cluster_sim
}
(build) >"$build_log" 2>&1 || {
  cat "$build_log" >&2
  exit 1
}
commit=$(git -C "$top" describe --always --dirty 2>/dev/null || echo unknown)
exec python3 "$top/perf/suite.py" --commit "$commit" "$@"
