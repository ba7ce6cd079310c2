#!/bin/bash
# A random walk of faults on a network of two servers whose database is PostgreSQL: they are killed, stopped, paused, cut off, told to step down, and
# the database is killed, while peers write and others look at the states.
#   tests/servers.sh [--rounds N] [--seed S] [--result FILE] [--keep-logs DIR]
# Without --rounds it is ten rounds, some four minutes. The seed is printed; with the same one the same faults come at the same times.
# tests/servers/walk.py says what may happen, tests/servers/checks.py what has to be true.
# Environment: INNERNET, INNERNET_SERVER (tests/stage/network.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e /proc/self/fd/0 ] || exec </dev/null
rounds=10 seed=$RANDOM result='' logs=''
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    --result) result=$2; shift 2 ;;
    --keep-logs) logs=$2; shift 2 ;;
    *) sed -n '2,7s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
done

# shellcheck source=tests/stage/stage.sh
. tests/stage/stage.sh
. tests/stage/network.sh
. tests/stage/postgresql.sh

not() { ! "$@"; }
passed=0 failed=0
WALK_PID=

finish() {
  local status=$?
  trap - EXIT
  [ -z "$WALK_PID" ] || { kill "$WALK_PID" 2>/dev/null && wait "$WALK_PID" || :; }
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
postgresql_add database
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
stop server serve   # the walk starts its own

hosts=()
for host in "${!STAGE_NUMBER[@]}"; do hosts+=("$host=$(host_pid "$host")=$(outside "$host")"); done
# What is to be done to the database it asks us for on descriptor 3; we say on 4 that it is done.
exec 5>&1
coproc WALK {
  STAGE_DIR=$STAGE_DIR STAGE_PATH=$STAGE_PATH WALK_HOSTS="${hosts[*]}" WALK_SERVER_OPTIONS="${SERVER_OPTIONS[*]}" WALK_KEY=$(key_of server) \
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/faults exec python3 tests/servers/walk.py "$rounds" "$seed" "$STAGE_DIR/counts" 3>&1 4<&0 1>&5 2>&5 </dev/null 5>&-
}
exec {asked}<&"${WALK[0]}" {answers}>&"${WALK[1]}"
walk=$WALK_PID
while read -r -u "$asked" what; do
  case $what in
    kill) postgresql_kill database ;;
    start) postgresql_start database ;;
  esac
  echo done >&"$answers"
done
wait "$walk"
