#!/usr/bin/env bash
# From a fresh Debian 12 machine to a running cluster: installs packages, builds, runs the market
# simulator through 1 control, 2 data, 2 calc and 1 exec process for about 20 s, shows what came
# out, then the same with a calculation host that is killed, how much the same machine carries flat
# out, and what to try next. Flags are handed to every process (tickmesh run --help); with flags
# there is only the first run.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
scripts/install_packages.sh
scripts/build.sh tickmesh
scripts/cluster.sh "$@"
[ $# -eq 0 ] || exit 0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo
echo "The same market four times as fast, with a standby (--standby), and a host that dies."
scripts/cluster.sh --results results/killed --state-dir "$scratch/killed" --standbys 1 \
  --kill calc-1 --speed 4 >"$scratch/out" 2>&1 || { cat "$scratch/out" >&2; exit 1; }
grep '^killed' "$scratch/out"
line='"time":"[^T]*T([^"]*)Z".*"message":"([^"]*(goes on|calc\/0)[^"]*)"'
sed -nE "/goes on without/,\$s/.*$line.*/  \1  \2/p" results/killed/logs/control-1.log | head -2
for file in signals.csv orders.csv fills.csv positions.csv pnl.csv; do
  cmp "results/latest/$file" "results/killed/$file" || exit 1
done
echo "signals, orders, fills, positions and profit: the same bytes as before"

echo
echo "And flat out: 5 million ticks of 500 symbols through 20 strategies, logged to disk"
echo "(config/flat-out.toml)."
scripts/cluster.sh --config config/flat-out.toml --results results/flat-out \
  --state-dir "$scratch/flat-out"

order=$(awk -F, '$6 == "Filled" { id = $9 } END { print id }' results/latest/orders.csv)
echo "
To try next, after PATH=\$PATH:$top/build/release:
  tickmesh why $order --config config/local-cluster.toml
                                        an order from its tick to its fill, rule by rule
  tickmesh positions                    what it holds; also orders, fills, audit
  tickmesh ticks ls                     what was logged, by day
  tickmesh run --config config/embedded.toml --file YOUR.csv --results results/mine
  scripts/cluster.sh &                  the same again, and while it runs:
    tickmesh status
    tickmesh halt --reason \"trying it\"; tickmesh resume --reason tried
    tickmesh subscribe ticks --symbol SIM0001 --from now"
