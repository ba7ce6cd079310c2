# shellcheck shell=bash
# Jobs in the background and a folder for what they leave; both are gone when the script ends, however it ends.
#
#   jobs_open NAME       makes the folder, $work
#   job COMMAND...       starts one; a job is told to end by SIGTERM
#   jobs_below N         waits until fewer than N run
#   told COMMAND...      within a job: runs it, and passes SIGTERM on
#   bounded COMMAND...   the same with what plays on a stage of its own, for five minutes at most

jobs=()

jobs_open() {
  work=$(mktemp -d "/tmp/innernet-$1.XXXXXX")
  trap jobs_end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

jobs_end() {
  local status=$?
  trap - EXIT
  [ "${#jobs[@]}" = 0 ] || kill "${jobs[@]}" 2>/dev/null || :
  wait || :
  rm -rf "$work"
  exit "$status"
}

job() { # COMMAND...
  "$@" </dev/null &
  jobs+=($!)
}

jobs_below() { # N
  while [ "$(jobs -pr | wc -l)" -ge "$1" ]; do wait -n || :; done
}

told() { # COMMAND...
  local told status=0
  "$@" </dev/null &
  told=$!
  # shellcheck disable=SC2064 # this one
  trap "kill $told 2>/dev/null || :" TERM
  # The signal ends the first `wait`, not yet the command.
  wait "$told" || { status=$?; wait "$told" 2>/dev/null || :; }
  return "$status"
}

bounded() { told timeout --kill-after=10 300 "$@" || :; }   # COMMAND...
