#!/usr/bin/env bash
# From a fresh Debian 12 machine to a running cluster: installs packages, builds, runs the market
# simulator through 1 control, 2 data, 2 calc and 1 exec process for about 20 s, and shows what
# came out. Flags are handed to every process (tickmesh run --help).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
scripts/install_packages.sh
scripts/build.sh tickmesh
scripts/cluster.sh "$@"
