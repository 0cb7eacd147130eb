#!/usr/bin/env bash
# Installs the Debian 12 packages that building, running and testing need; does nothing when they
# are all there. Uses sudo where the caller is not root.
set -euo pipefail

packages=(
  g++ cmake ninja-build
  libcaf-dev libprotobuf-dev protobuf-compiler libspdlog-dev libfmt-dev libtomlplusplus-dev
  libexpected-dev libxxhash-dev libhowardhinnant-date-dev liblzma-dev libzstd-dev zlib1g-dev
  libcli11-dev nlohmann-json3-dev tzdata libhdf5-dev libsqlite3-dev libmimalloc-dev libssl-dev
  openssl doctest-dev librapidcheck-dev python3-numpy xz-utils clang-format git
)

# Reads apt's status lines; shows how far it is. What is not one goes to the log.
show_progress() {
  local line shown=$SECONDS
  while IFS= read -r line; do
    if [[ $line =~ ^(dl|pm)status:[^:]*:([0-9]+) ]]; then
      local step=fetching
      [ "${BASH_REMATCH[1]}" = dl ] || step=installing
      if [ -t 1 ]; then
        printf '\r\033[K%s packages: %s %%' $step "${BASH_REMATCH[2]}"
      elif ((SECONDS - shown >= 10)); then
        echo "$step packages: ${BASH_REMATCH[2]} %"
        shown=$SECONDS
      fi
    else
      echo "$line" >>"$log"
    fi
  done
  [ ! -t 1 ] || printf '\r\033[K'
}

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "install_packages: this needs Debian 12 (apt-get); missing: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "install_packages: run as root, or install: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "installing ${#missing[@]} packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  -o APT::Status-Fd=1 "${missing[@]}" 2>&1 | show_progress || {
  grep -E '^(E:|W:|dpkg:)' "$log" >&2 || cat "$log" >&2
  echo "install_packages: failed" >&2
  exit 1
}
