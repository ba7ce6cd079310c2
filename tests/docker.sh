#!/bin/bash
# The container tests, with a stand-in for the container engine: tests/docker.sh [RESULT_FILE]
# What it is asked for is looked at, and two scenarios are really played, on namespaces.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
result=${1:-}
passed=0 failed=0
STAND_IN=$(mktemp -d /tmp/innernet-docker-stand-in.XXXXXX)
export STAND_IN
clean_up() {
  local holder
  for holder in "$STAND_IN"/*/holder; do [ ! -e "$holder" ] || kill -KILL "$(<"$holder")" 2>/dev/null || :; done
  rm -rf "$STAND_IN"
}
trap clean_up EXIT
mkdir "$STAND_IN/mnt"

check() { # WHAT COMMAND...
  if "${@:2}"; then passed=$((passed + 1)); printf '  ok      %s\n' "$1"
  else failed=$((failed + 1)); printf '  FAILED  %s\n' "$1"; fi
}

status=0
out=$(DOCKER=/nonexistent/docker docker-tests/run-docker-tests.sh 2>&1) || status=$?
check 'without an engine it says loudly that nothing ran' grep -q '!!!! NOT RUN' <<<"$out"
check 'and does not succeed' test "$status" = 3
status=0
out=$(DOCKER=/nonexistent/docker rpm/build-package.sh fedora:42 "$STAND_IN/rpm" 2>&1) || status=$?
check 'nor does an RPM that needs a container' test "$status" = 1
check 'which says so, too' grep -q '!!!! NOT BUILT.*fedora:42' <<<"$out"

export INNERNET="${INNERNET:-$PWD/build/release/bin/innernet}" INNERNET_SERVER="${INNERNET_SERVER:-$PWD/build/release/bin/innernet-server}"
PATH=$PWD/tests/docker:$PATH docker-tests/run-docker-tests.sh rename_cidr simultaneous_redemption </dev/null >"$STAND_IN/out" 2>&1 || :
grep -E '^  (ok|FAILED)' "$STAND_IN/out" || cat "$STAND_IN/out"
check 'both scenarios pass on containers' grep -qE '^[1-9][0-9]* passed, 0 failed$' "$STAND_IN/out"
[ "$failed" = 0 ] || tail -n 30 "$STAND_IN/out" | sed 's/^/          | /'

asked_for() { grep -qE -- "$1" "$STAND_IN/calls"; }
number_of() { grep -cE -- "$1" "$STAND_IN/calls" || :; }
check 'the image is made once, and is called innernet' test "$(number_of '^build --tag innernet ')" = 1
check 'of the programs and the scripts' test 4 = "$(find "$STAND_IN/image" \( -name 'innernet*' -o -name 'start-*.sh' \) | wc -l)"
check 'the network is 172.18.0.0/16' asked_for '^network create --subnet 172\.18\.0\.0/16 innernet$'
check 'the server is 172.18.1.1' asked_for '^run .*--name innernet-server .*--ip 172\.18\.1\.1 '
check 'each container may make interfaces' test "$(number_of '^run --detach ')" = "$(number_of '^run --detach .*--network innernet .*--cap-add NET_ADMIN --device /dev/net/tun ')"
check 'and is removed' test "$(number_of '^run --detach ')" = "$(number_of '^rm --force innernet-')"
check 'as is the network' test "$(number_of '^network create ')" = "$(number_of '^network rm innernet')"

echo "$passed passed, $failed failed"
[ -z "$result" ] || echo "$passed $failed" >"$result"
[ "$failed" = 0 ]
