#!/bin/bash
# Networks in which the Rust programs of the same name and ours are mixed: tests/mixed.sh [RESULT_FILE]
#   INNERNET_UPSTREAM=DIR   the folder with their `innernet` and `innernet-server`; else cargo builds version 2.0.0 once into build/upstream
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
result=${1:-}
VERSION=2.0.0

finish() { # PASSED FAILED SKIPPED
  [ -z "$result" ] || echo "$*" >"$result"
  [ "$2" = 0 ]
  exit
}

if [ -z "${INNERNET_UPSTREAM:-}" ]; then
  INNERNET_UPSTREAM=$PWD/build/upstream/bin
  if [ ! -x "$INNERNET_UPSTREAM/innernet" ] || [ ! -x "$INNERNET_UPSTREAM/innernet-server" ]; then
    if ! command -v cargo >/dev/null; then
      echo '!!!! NOT RUN: mixed networks need the Rust programs: install cargo, or name a folder that holds them in INNERNET_UPSTREAM !!!!'
      finish 0 0 1
    fi
    mkdir -p build/upstream
    echo "building innernet and innernet-server $VERSION with cargo, once: some minutes (build/upstream/log)"
    # From here on not running is a failure.
    if ! cargo install --quiet --locked --root build/upstream --version "$VERSION" innernet innernet-server </dev/null >build/upstream/log 2>&1; then
      tail -n 20 build/upstream/log
      echo 'FAILED: cargo could not build them'
      finish 0 1 0
    fi
  fi
fi
for program in innernet innernet-server; do
  [ -x "$INNERNET_UPSTREAM/$program" ] || { echo "FAILED: there is no $program in $INNERNET_UPSTREAM"; finish 0 1 0; }
done
export INNERNET_UPSTREAM

passed=0 failed=0
work=$(mktemp -d /tmp/innernet-mixed.XXXXXX)
trap 'rm -rf "$work"' EXIT

play() { # CLIENT SERVER SCENARIO...: with `ours` or `upstream` as client and as server
  local client=build/release/bin/innernet server=build/release/bin/innernet-server p f
  [ "$1" = ours ] || client=$INNERNET_UPSTREAM/innernet
  [ "$2" = ours ] || server=$INNERNET_UPSTREAM/innernet-server
  printf '\n-- client: %s, server: %s\n' "$1" "$2"
  rm -f "$work/result"
  INNERNET=$client INNERNET_SERVER=$server INNERNET_KIND=$1 INNERNET_SERVER_KIND=$2 \
    tests/end-to-end.sh --result "$work/result" "${@:3}" || :
  if read -r p f <"$work/result"; then passed=$((passed + p)) failed=$((failed + f)); else failed=$((failed + 1)); fi 2>/dev/null
}

# The pair of Rust programs shows that the stage does them justice.
play ours upstream life:4 life:6 disable_peer:4 restart:4
play upstream ours life:4 life:6 disable_peer:4 restart:4
play upstream upstream life:4 life:6
play ours ours swap:4 swap:6

printf '\n-- the guide that says how to move\n'
rm -f "$work/result"
tests/guides.sh --result "$work/result" doc/guide/moving.md || :
if read -r p f <"$work/result"; then passed=$((passed + p)) failed=$((failed + f)); else failed=$((failed + 1)); fi 2>/dev/null
echo "$passed passed, $failed failed"
finish "$passed" "$failed" 0
