#!/bin/bash
# Networks in which the Rust programs of the same name and ours are mixed: tests/mixed.sh [RESULT_FILE]
#   INNERNET_UPSTREAM=DIR   the folder with their `innernet` and `innernet-server`; else cargo builds version 2.0.0 once into ~/.cache
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
  # Not optimized: that takes a fraction of the time, and nothing here is measured.
  cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/innernet-upstream-unoptimized/$VERSION
  INNERNET_UPSTREAM=$cache/bin
  if [ ! -x "$INNERNET_UPSTREAM/innernet" ] || [ ! -x "$INNERNET_UPSTREAM/innernet-server" ]; then
    if ! command -v cargo >/dev/null; then
      echo '!!!! NOT RUN: mixed networks need the Rust programs: install cargo, or name a folder that holds them in INNERNET_UPSTREAM !!!!'
      finish 0 0 1
    fi
    mkdir -p "$cache"
    echo "building innernet and innernet-server $VERSION with cargo, once: some minutes ($cache/log)"
    started=$SECONDS
    # In one folder, so that what both need is compiled once. From here on not running is a failure.
    if ! CARGO_TARGET_DIR=$cache/target CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
      cargo install --quiet --locked --root "$cache" --version "$VERSION" innernet innernet-server </dev/null >"$cache/log" 2>&1; then
      tail -n 20 "$cache/log"
      echo 'FAILED: cargo could not build them'
      finish 0 1 0
    fi
    rm -rf "$cache/target"
    echo "built in $((SECONDS - started)) s"
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
play ours upstream life:4 life:6 disable_peer:4 restart:4 foreign_route:4
play upstream ours life:4 life:6 disable_peer:4 restart:4
play upstream upstream life:4 life:6
play ours ours swap:4 swap:6 old_client:4 old_client_at_peer:4

printf '\n-- the guide that says how to move\n'
rm -f "$work/result"
tests/guides.sh --result "$work/result" doc/guide/moving.md || :
if read -r p f <"$work/result"; then passed=$((passed + p)) failed=$((failed + f)); else failed=$((failed + 1)); fi 2>/dev/null
echo "$passed passed, $failed failed"
finish "$passed" "$failed" 0
