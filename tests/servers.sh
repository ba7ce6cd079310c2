#!/bin/bash
# A random walk of faults on a network of two servers whose database is PostgreSQL: they are killed, stopped, paused, cut off, told to step down, and
# the database is killed, while peers write and others look at the states.
#   tests/servers.sh [--rounds N] [--seed S] [--result FILE] [--keep-logs DIR] [PATTERN]
# Without --rounds it is ten rounds, some four minutes. The seed is printed; with the same one the same faults come at the same times.
# PATTERN (a regular expression) chooses faults by name.
# tests/servers/walk.py says what may happen, tests/servers/checks.py what has to be true.
# Environment: INNERNET, INNERNET_SERVER (tests/stage/network.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e /proc/self/fd/0 ] || exec </dev/null
rounds=10 seed=$RANDOM result='' logs='' pattern=''
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    --result) result=$2; shift 2 ;;
    --keep-logs) logs=$2; shift 2 ;;
    -*) sed -n '2,8s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    *) pattern=$1; shift ;;
  esac
done

# shellcheck source=tests/stage/stage.sh
. tests/stage/stage.sh
. tests/stage/network.sh
. tests/stage/postgresql.sh

not() { ! "$@"; }
passed=0 failed=0 walk=

finish() {
  local status=$?
  trap - EXIT
  if [ -n "$walk" ]; then kill "$walk" 2>/dev/null || :; wait "$walk" || :; fi
  if [ -n "$STAGE_DIR" ] && [ -e "$STAGE_DIR/counts" ]; then read -r passed failed <"$STAGE_DIR/counts"; else failed=1; fi
  [ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
  if [ -n "$logs" ] && [ -n "$STAGE_DIR" ]; then mkdir -p "$logs" && cp "$STAGE_DIR/log"/* "$logs/"; fi
  stage_close
  echo "$passed passed, $failed failed"
  [ -z "$result" ] || echo "$passed $failed 0" >"$result"
  [ "$failed" = 0 ] || exit 1
  exit 0
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if ! postgresql_programs >/dev/null; then
  trap - EXIT
  echo '!!!! NOT RUN: several servers need PostgreSQL (package postgresql) !!!!'
  [ -z "$result" ] || echo '0 0 1' >"$result"
  exit 0
fi

network_open
postgresql_add database >/dev/null
# Two that write and ping each other; the other two look at one server each.
peers=(alice bob carol dave)
host_add server standby "${peers[@]}"
new_network() {
  server new --network-name "$NETWORK" --network-cidr "$ROOT" --listen-port "$PORT" \
    --external-endpoint "$(outside server):$PORT" --database "$(database_url database)"
}
succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr 10.66.64.0/18 --parent "$NETWORK" --yes
succeed serve
for peer in "${peers[@]}"; do
  succeed invite "$peer" humans true
  succeed redeem "$peer"
done
succeed client alice fetch "$NETWORK" --no-nat-traversal
eventually 20 reaches alice bob || { echo 'alice does not reach bob' >&2; exit 1; }
succeed server add-server "$NETWORK" --name standby --endpoint "$(outside standby):$PORT" --save-config shared/standby.toml
succeed run standby innernet-server join shared/standby.toml
WALK_KEY=$(key_of server)
export WALK_KEY
stop server serve   # the walk starts its own

hosts=()
for host in "${!STAGE_NUMBER[@]}"; do hosts+=("$host=$(host_pid "$host")=$(outside "$host")"); done
# What is to be done to the database it asks us for on descriptor 3; we say on 4 that it is done.
export STAGE_DIR STAGE_PATH WALK_HOSTS="${hosts[*]}" WALK_SERVER_OPTIONS="${SERVER_OPTIONS[*]}" PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/faults
exec 5>&1
coproc WALK { exec python3 tests/servers/walk.py "$rounds" "$seed" "$STAGE_DIR/counts" "$pattern" 3>&1 4<&0 1>&5 2>&5 </dev/null 5>&-; }
exec {asked}<&"${WALK[0]}" {answers}>&"${WALK[1]}"
walk=$WALK_PID
while read -r -u "$asked" what; do
  case $what in
    kill) postgresql_kill database ;;
    start) postgresql_start database >/dev/null ;;
  esac
  echo 'done' >&"$answers"
done
ended=$walk walk=
wait "$ended"
