#!/bin/bash
# Plays scenarios on containers.
#
#   docker-tests/run-docker-tests.sh [--interactive] [--userspace] [--verbose] [--help] [TEST...]
#
#   --interactive   instead of a test, leaves a network up until Enter is pressed: its server, an admin and a robot
#   --userspace     uses wireguard-go even where the kernel has WireGuard
#   --verbose       shows each command that was run and what it said
#
# Tests: rename_cidr, short_lived_invitation, simultaneous_redemption (default: all), or any scenario of tests/scenarios that needs no more than
# hosts in one network over IPv4. Makes the image `innernet` where it is missing (build-docker-images.sh makes it anew).
# Each host gets NET_ADMIN and /dev/net/tun; the network is `innernet`, 172.18.0.0/16, the server 172.18.1.1.
# Exit status: 0 all passed, 1 not so, 3 no container engine. Environment: DOCKER (default docker)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
usage() { sed -n '2,14s/^# \{0,1\}//p' docker-tests/run-docker-tests.sh; }

tests=() interactive='' backend=kernel verbose=
for word; do
  case $word in
    --interactive) interactive=1 ;;
    --userspace) backend=userspace ;;
    --verbose) verbose=1 ;;
    --help | -h) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *)
      [ -e "tests/scenarios/$word.sh" ] || { echo "there is no scenario $word in tests/scenarios" >&2; exit 2; }
      tests+=("$word")
      ;;
  esac
done
[ "${#tests[@]}" -gt 0 ] || tests=(rename_cidr short_lived_invitation simultaneous_redemption)
[ -z "$interactive" ] || tests=(interactive)

. docker-tests/engine.sh
need_engine
"$DOCKER" image inspect innernet >/dev/null 2>&1 || docker-tests/build-docker-images.sh

work=$(mktemp -d /tmp/innernet-docker-tests.XXXXXX)
trap 'rm -rf "$work"' EXIT
export DOCKER STAGE_SCRIPT=docker-tests/stage.sh STAGE_BACKEND=$backend STAGE_FAMILY=4 STAGE_KEEP_LOGS=$work/logs
passed=0 failed=0
for test in "${tests[@]}"; do
  echo "$test, on containers"
  # With the terminal of whoever plays along.
  if [ -n "$interactive" ]; then tests/scenario.sh "$test" "$work/$test" || :
  else tests/scenario.sh "$test" "$work/$test" </dev/null | sed '$d' || :; fi
  if read -r p f <"$work/$test"; then passed=$((passed + p)) failed=$((failed + f)); else failed=$((failed + 1)); fi 2>/dev/null
  [ -z "$verbose" ] || sed 's/^/          | /' "$work/logs/$test/transcript" 2>/dev/null || :
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
