#!/usr/bin/env bash
# Checks that need no build: formatting, layers, text rules, links, tests of scripts. Lists every
# finding as FILE:LINE: what, and fails when there is one. `--headers` also compiles each header
# alone, which needs build/release; `--tidy` runs clang-tidy (scripts/tidy.sh); `--fuzz` runs each
# fuzz target for 10 s (scripts/fuzz.sh); `--all` does all of them.
# A line that ends in `// allowed: REASON` (or `#`) is passed over.
# Usage: scripts/check.sh [--headers] [--tidy] [--fuzz] [--all]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

headers=0 tidy=0 fuzz=0
for argument in "$@"; do
  case $argument in
    --headers) headers=1 ;;
    --tidy) tidy=1 ;;
    --fuzz) fuzz=1 ;;
    --all) headers=1 tidy=1 fuzz=1 ;;
    -h | --help) sed -n '2,7s/^# //p' "$0"; exit 0 ;;
    *)
      echo "check: unknown argument $argument; allowed: --headers --tidy --fuzz --all" >&2
      exit 2
      ;;
  esac
done

failed=()
run() { # NAME COMMAND...
  local name=$1 start=$SECONDS
  shift
  if "$@"; then echo "$name: good ($((SECONDS - start)) s)"; else failed+=("$name"); fi
}

format() {
  local files differing
  mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp' |
    while read -r file; do [ -e "$file" ] && echo "$file"; done)
  [ ${#files[@]} -ge 100 ] || { echo "format: only ${#files[@]} files found" >&2; return 1; }
  differing=$(printf '%s\n' "${files[@]}" |
    xargs clang-format --dry-run 2>&1 | sed -nE 's/^([^ :]+):[0-9]+:[0-9]+: warning.*/\1/p' |
    sort | uniq -c || true)
  [ -z "$differing" ] && return 0
  echo "format: clang-format -i would change (places, file):"
  echo "$differing"
  return 1
}

run format format
run layers python3 scripts/check_layers.py
run text python3 scripts/check_text.py
run mutations python3 scripts/test_mutations.py
run progress python3 scripts/test_progress.py
[ $headers -eq 0 ] || run headers python3 scripts/check_headers.py
[ $tidy -eq 0 ] || run tidy scripts/tidy.sh
[ $fuzz -eq 0 ] || run fuzz scripts/fuzz.sh 10

if [ ${#failed[@]} -gt 0 ]; then
  echo "check: failed: ${failed[*]}"
  exit 1
fi
echo "check: all good"
