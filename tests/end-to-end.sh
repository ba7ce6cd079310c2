#!/bin/bash
# Plays the end-to-end scenarios, two at a time, each on a stage of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e /proc/self/fd/0 ] || exec </dev/null

usage() {
  cat <<'TEXT'
Usage: tests/end-to-end.sh [--backend userspace|kernel] [--jobs N] [--result FILE] [--keep-logs DIR] [SCENARIO[:FAMILY]...]

A scenario is a file in tests/scenarios, played inside and outside the tunnel over IPv4 or IPv6 (FAMILY 4 or 6).
Environment: INNERNET, INNERNET_SERVER, INNERNET_KIND, INNERNET_SERVER_KIND (see tests/stage/network.sh).
TEXT
}

# The slowest first, so that three at a time end at about the same time.
ALL=(server_name:4 services:4 nat:4 several_servers:4 port_mapping:4 fetch_wait:4 set_relay:4 nearer_relay:4 roaming:4 two_networks:4 two_networks:6 interrupted:4 old_files:4 old_files:6 bad_input:4 netcheck:4 life:4 life:6 slow_key_change:4 expired_invitation:4 server_away:4 server_away:6 simultaneous_install:4 simultaneous_invitations:4 disable_peer:4 restart:4
  foreign_hands:4 foreign_hands:6 deleted_interface:4 rename_cidr:4 secrets:4 foreign_route:4 foreign_route:6 hostile_server:4 hostile_server:6
  read_only:4 dripping_server:4 least_privilege:4 own_user:4 without_root:4)
# What a unit confines a service to leaves no room for a sanitizer's shadow memory.
if [ -n "${STAGE_SANITIZED:-}" ]; then ALL=("${ALL[@]/services:4/}"); fi
scenarios=() backend=userspace at_once=3 result='' logs=
while [ $# -gt 0 ]; do
  case $1 in
    --backend) backend=$2; shift 2 ;;
    --jobs) at_once=$2; shift 2 ;;
    --result) result=$2; shift 2 ;;
    --keep-logs) logs=$2; shift 2 ;;
    --help | -h) usage; printf 'All: %s\n' "${ALL[*]}"; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) scenarios+=("$1"); shift ;;
  esac
done
# shellcheck disable=SC2206 # without those that were left out
[ "${#scenarios[@]}" -gt 0 ] || scenarios=(${ALL[@]})

# shellcheck source=tests/jobs.sh
. tests/jobs.sh
jobs_open end-to-end

play() { # SCENARIO[:FAMILY]
  local name=${1%%:*} family=4 started=$EPOCHREALTIME
  [ "$1" = "$name" ] || family=${1##*:}
  STAGE_BACKEND=$backend STAGE_FAMILY=$family STAGE_KEEP_LOGS=${logs:+$logs/IPv$family} \
    bounded tests/scenario.sh "$name" "$work/$1.counts" >"$work/$1.out" 2>&1
  { printf '%s, IPv%s, %s (%.1f s)\n' "$name" "$family" "$backend" "$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')"
    sed '$d' "$work/$1.out"; } >"$work/$1.text"
  cat "$work/$1.text"
}

passed=0 failed=0
for scenario in "${scenarios[@]}"; do
  [ -e "tests/scenarios/${scenario%%:*}.sh" ] || { echo "there is no scenario ${scenario%%:*} in tests/scenarios" >&2; exit 2; }
  jobs_below "$at_once"
  job play "$scenario"
done
wait
for scenario in "${scenarios[@]}"; do
  if read -r p f <"$work/$scenario.counts"; then passed=$((passed + p)) failed=$((failed + f)); else failed=$((failed + 1)); fi 2>/dev/null
done
[ -z "$result" ] || echo "$passed $failed" >"$result"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
