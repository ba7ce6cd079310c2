#!/bin/bash
# The demo itself: tests/demo_test.sh [RESULT_FILE]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
result=${1:-}
passed=0 failed=0
work=$(mktemp -d /tmp/innernet-demo-test.XXXXXX)
export INNERNET_DEMO=$work/kept TMPDIR=$work
clean_up() { tests/demo.sh --end >/dev/null; rm -rf "$work"; }
trap clean_up EXIT

check() { # WHAT COMMAND...
  if "${@:2}"; then passed=$((passed + 1)); printf '  ok      %s\n' "$1"
  else failed=$((failed + 1)); printf '  FAILED  %s\n' "$1"; fi
}
play() { status=0; tests/demo.sh "$@" >"$work/out" 2>&1 </dev/null || status=$?; }
says() { grep -qE -- "$1" "$work/out" || { tail -n 20 "$work/out" | sed 's/^/          | /'; false; }; }
enter() { tests/demo.sh --enter "$1" <<<"$2" >"$work/out" 2>&1 || :; }
left() { find "$work" -maxdepth 1 -name 'innernet-stage.*'; }

play
check 'the demo runs through' test "$status" = 0
check 'and shows pings that are answered' says 'alice reaches robot1'
check 'and some that are not' says 'alice does not reach guest1'
check 'and the tree' says '10\.66\.2\.1: robot1'
check 'and leaves nothing' test -z "$(left)"

play --servers 2
check 'the one with two servers runs through' test "$status" = 0
check 'and the other one takes over' says '^server-2 .* active for'
check 'and no packet is lost' says '--> no packet was lost'
check 'and it leaves nothing' test -z "$(left)"

for signal in INT TERM; do
  : >"$work/out"   # what the one before has said is no sign of this one
  # Commands in the background of a script ignore SIGINT, so this one is put in the foreground of another.
  setsid bash -c 'trap - INT; exec env --default-signal=INT tests/demo.sh' >"$work/out" 2>&1 </dev/null &
  demo=$!
  for _ in {1..600}; do grep -q 'The first peer joins' "$work/out" && break; sleep 0.05; done
  kill -"$signal" -- -"$demo"
  wait "$demo" || :
  check "interrupted by SIG$signal it had begun" says 'The first peer joins'
  check 'and leaves nothing' test -z "$(left)"
done

play --empty
check 'empty machines are made' test "$status" = 0
enter server 'innernet-server list evilcorp; scp /etc/hostname alice:from; hostname'
check 'a shell on one has the programs and no network' says 'evilcorp'
check 'and is that machine' says '^server$'
# shellcheck disable=SC2016 # expanded there
enter alice 'cat from; echo "status $(systemctl is-active innernet@evilcorp)"; innernet list'
check 'another one has what was copied to it' says '^server$'
check 'and is asked about services' says '^status inactive$'
enter eve hostname
check 'there is no host of another name' says 'alice bob carol dave'
play --end
check 'they are ended' test "$status" = 0
check 'and leave nothing' test -z "$(left)"
play --end
check 'ending nothing is no failure' test "$status" = 0

echo "$passed passed, $failed failed"
[ -z "$result" ] || echo "$passed $failed" >"$result"
[ "$failed" = 0 ]
