#!/bin/bash
# Stops each command that writes at every system call that changes something, and makes every such call fail; then it is run again.
#   tests/faults.sh [--all | --one-in N] [--jobs N] [--result FILE] [PATTERN]
# Without --all it tries a tenth of the points, of faults fewer, at each commit others. PATTERN (a regular expression) chooses commands by name.
# tests/faults/case.py says what has to be true, tests/faults/calls.hpp which calls count.
# Environment: INNERNET, INNERNET_SERVER (tests/stage/network.sh), FAULT_TRACER: the programs, if not those of the release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e /proc/self/fd/0 ] || exec </dev/null
one_in=10 workers=4 result='' pattern=''
while [ $# -gt 0 ]; do
  case $1 in
    --all) one_in=1; shift ;;
    --one-in) one_in=$2; shift 2 ;;
    --jobs) workers=$2; shift 2 ;;
    --result) result=$2; shift 2 ;;
    -*) sed -n '2,6s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    *) pattern=$1; shift ;;
  esac
done
hash=$(git rev-parse HEAD 2>/dev/null || echo none)
# shellcheck source=tests/jobs.sh
. tests/jobs.sh
jobs_open faults

worker() { # NUMBER: on a stage of its own
  # shellcheck source=tests/stage/stage.sh
  . tests/stage/stage.sh
  . tests/stage/network.sh
  trap 'stage_close' EXIT
  trap 'exit 143' TERM
  network_open
  install -m 755 "${FAULT_TRACER:-build/release/tests/faults/fault_tracer}" "$STAGE_DIR/bin/"
  network_of alice bob
  succeed server add-cidr "$NETWORK" --name guests --cidr 10.66.64.0/18 --parent "$NETWORK" --yes
  succeed client alice up "$NETWORK"
  host_add guest store
  local host hosts=()
  for host in "${!STAGE_NUMBER[@]}"; do hosts+=("$host=$(host_pid "$host")"); done
  STAGE_DIR=$STAGE_DIR STAGE_PATH=$STAGE_PATH FAULT_HOSTS="${hosts[*]}" FAULT_CLIENT_OPTIONS="${CLIENT_OPTIONS[*]}" FAULT_SERVER_OPTIONS="${SERVER_OPTIONS[*]}" \
    PYTHONDONTWRITEBYTECODE=1 told python3 tests/faults/points.py "$work/result.$1" "$1" "$workers" "$one_in" "$hash" "$pattern"
}

for ((number = 0; number < workers; number++)); do
  job worker "$number"
done
failed=0
for worker in "${jobs[@]}"; do wait "$worker" || failed=$((failed + 1)); done
jobs=()

printf '\n%-66s %11s %11s %11s %9s\n' 'command' 'kill points' 'torn writes' 'faults' 'failed'
# In the order in which they were played.
cat "$work"/result.* | awk -F '\t' -v early="$failed" -v result="$result" '
  function line(name, values) { printf "%-66s %11d %11d %11d %9d\n", name, values[2], values[3], values[4], values[5] }
  !($1 in seen) { order[++n] = $1; seen[$1] }
  { for (i = 2; i <= 5; i++) { count[$1, i] += $i; all[i] += $i } }
  END {
    for (k = 1; k <= n; k++) {
      for (i = 2; i <= 5; i++) one[i] = count[order[k], i]
      line(order[k], one)
    }
    line("all", all)
    failed = all[5] + early + (n == 0)
    passed = all[2] + all[3] + all[4] - all[5]
    printf "%d passed, %d failed\n", passed, failed
    if (result != "") printf "%d %d\n", passed, failed >result
    exit failed > 0
  }'
