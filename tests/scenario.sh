#!/bin/bash
# Plays one end-to-end scenario on a stage of its own: tests/scenario.sh NAME [RESULT_FILE]
# A scenario is a file in tests/scenarios; it uses stage.sh, network.sh and the checks below. Its result is a line
# `N passed, N failed`, also written to RESULT_FILE. tests/end-to-end.sh plays all of them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
# docker-tests plays on containers instead.
# shellcheck source=tests/stage/stage.sh
. "${STAGE_SCRIPT:-tests/stage/stage.sh}"
. tests/stage/network.sh
. tests/stage/life.sh

passed=0 failed=0

passes() { passed=$((passed + 1)); printf '  ok      %s\n' "$1"; }

fails() { # WHAT [WHY]
  failed=$((failed + 1))
  printf '  FAILED  %s\n' "$1"
  { [ -z "${2:-}" ] || printf '%s\n' "$2"; printf 'last command: exit %s\n%s\n' "$STATUS" "$OUT"; } | tail -n 25 | sed 's/^/          | /'
}

check() { # WHAT COMMAND...
  if "${@:2}"; then passes "$1"; else fails "$1" "not so: ${*:2}"; fi
}

check_soon() { # WHAT SECONDS COMMAND...: it becomes so within the time
  if eventually "${@:2}"; then passes "$1"; else fails "$1" "not within $2 s: ${*:3}"; fi
}

not() { ! "$@"; }

exits() { # WHAT STATUS [PATTERN]: the last command ended so, and said a line that matches
  if [ "$STATUS" != "$2" ]; then fails "$1" "exit $STATUS, not $2"
  elif [ -n "${3:-}" ] && ! grep -qiE -- "$3" <<<"$OUT"; then fails "$1" "said nothing like: $3"
  else passes "$1"; fi
}

note() { printf '          %s\n' "$*"; }   # a figure worth reading

ours() { [ "$INNERNET_KIND$INNERNET_SERVER_KIND" = oursours ]; }   # what upstream does otherwise is checked only with our pair

chapter() { :; }

now_ms() { printf '%s' $((${EPOCHREALTIME/./} / 1000)); }

link_exists() { on "$1" ip link show "$NETWORK" >/dev/null 2>&1; }

no_files_of_network() { # HOST FOLDER...
  local host=$1 found
  shift
  if found=$(on "$host" find "$@" -name "$NETWORK*") && [ -z "$found" ]; then return; fi
  printf 'found: %s\n' "$found"
  return 1
}

finish() {
  local status=$?
  if [ "$status" != 0 ]; then
    fails "the scenario came to its end (it stopped with status $status)"
    if [ -n "$STAGE_DIR" ] && [ -e "$(log_of server serve)" ]; then tail -n 15 "$(log_of server serve)" | sed 's/^/          | serve: /'; fi
  fi
  if [ -n "${STAGE_SANITIZED:-}" ] && [ -n "$STAGE_DIR" ]; then
    local reports=("$STAGE_DIR"/shared/sanitizer.*)
    if [ -e "${reports[0]}" ]; then fails 'no sanitizer has something to say' "$(head -n 40 "${reports[@]}")"; else passes 'no sanitizer has something to say'; fi
  fi
  if [ -n "${STAGE_KEEP_LOGS:-}" ] && [ -n "$STAGE_DIR" ]; then mkdir -p "$STAGE_KEEP_LOGS/$name" && cp "$STAGE_DIR/log"/* "$STAGE_KEEP_LOGS/$name/"; fi
  stage_close
  echo "$passed passed, $failed failed"
  [ -z "$result" ] || echo "$passed $failed" >"$result"
  [ "$failed" = 0 ] || exit 1
}

name=$1 result=${2:-}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
network_open
if declare -F stage_scripts >/dev/null; then stage_scripts; fi
# shellcheck source=/dev/null
. "tests/scenarios/$name.sh"
