#!/bin/bash
# Shows the life of a network: a server and three peers, each a host of its own in namespaces on one bridge.
#   tests/demo.sh [--servers 2] [--keep] | --empty | --enter HOST | --end
# --servers 2 shows another one instead: two servers with one PostgreSQL database, of which the active one dies.
# --keep leaves the network up; --empty instead makes hosts on which the programs are installed and nothing else has happened; --enter opens a shell
# on a host of one that was left up, --end ends them all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e /proc/self/fd/0 ] || exec </dev/null

# Each line names the folder of a stage that was left up.
KEPT=${INNERNET_DEMO:-/run/innernet-demo}

end_kept() {
  [ -e "$KEPT" ] || { echo 'No demo network is up.'; return; }
  local dir holder start
  while read -r dir; do
    # A pid may belong to another process by now, so it must still be of the same age.
    while read -r holder start; do
      [ "$(cut -d' ' -f22 "/proc/$holder/stat" 2>/dev/null)" != "$start" ] || kill -KILL "$holder"
    done <"$dir/holders"
    [ ! -e "$dir/cgroups" ] || (. tests/stage/stage.sh; STAGE_DIR=$dir; stage_remove_cgroups)
    rm -rf "$dir"
  done <"$KEPT"
  rm -f "$KEPT"
  echo 'The demo network is gone.'
}

enter_kept() { # HOST
  local dir pid
  dir=$(tail -n 1 "$KEPT" 2>/dev/null) || { echo 'No demo network is up; ./dev demo --keep makes one.' >&2; exit 1; }
  pid=$(sed -n "s/^$1 //p" "$dir/hosts")
  [ -n "$pid" ] || { echo "There is no host \"$1\"; hosts: $(cut -d' ' -f1 "$dir/hosts" | paste -sd ' ')" >&2; exit 1; }
  exec nsenter --target "$pid" --net --mount --uts --pid -- env HOME="$dir/home/$1" STAGE_DIR="$dir" PATH="$dir/bin:$PATH" \
    sh -c 'cd && PS1="\h# " exec bash --norc -i'
}

usage() { echo 'Usage: ./dev demo [--servers 2] [--keep] | --empty | --enter HOST | --end'; }

keep='' empty='' servers=1 bold='' dim='' plain=''
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=1; shift ;;
    --empty) keep=1 empty=1; shift ;;
    --servers)
      servers=${2:-}
      [[ $servers = [12] ]] || { echo 'demo: --servers 1 or 2' >&2; exit 2; }
      shift 2
      ;;
    --enter) enter_kept "${2:-}" ;;
    --end) end_kept; exit ;;
    --help | -h) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
done
[ -z "$empty" ] || [ "$servers" = 1 ] || { usage >&2; exit 2; }
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi

export STAGE_KEEP=$keep
. tests/stage/stage.sh
. tests/stage/network.sh
. tests/stage/machines.sh
. tests/stage/life.sh
. tests/stage/postgresql.sh
. tests/stage/two_servers.sh

chapter() { printf '\n%s=== %s%s\n' "$bold" "$1" "$plain"; }
before_command() { printf '\n%s%s# %s%s\n' "$bold" "$1" "${*:2}" "$plain"; }
remark() { printf '%s--> %s%s\n' "$dim" "$1" "$plain"; }
after_command() { [ -z "$OUT" ] || printf '%s\n' "$OUT"; }

show_ping() { # FROM TO EXPECTED
  run "$1" ping -n -c 3 -i 0.3 -W 1 "$(inside "$2")"
  if [ "$3" = answers ] && [ "$STATUS" = 0 ]; then remark "$1 reaches $2"
  elif [ "$3" = silence ] && [ "$STATUS" != 0 ]; then remark "$1 does not reach $2: no association"
  else
    echo "demo: expected $3 from $2" >&2
    return 1
  fi
}

after_all_joined() {
  chapter 'Robots and humans do not see each other yet'
  show_ping alice robot1 silence
}

after_association() {
  show_ping alice robot1 answers
  show_ping robot1 alice answers
  show_ping alice guest1 silence
}

finish() {
  local status=$?
  trap - EXIT
  if [ "$status" != 0 ]; then
    echo "demo: ended early" >&2
    [ -z "$STAGE_DIR" ] || [ ! -e "$(log_of server serve)" ] || { echo 'the last lines of serve:'; tail -n 20 "$(log_of server serve)"; } >&2
    keep=
  fi
  [ -n "$keep" ] || stage_close
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -n "$empty" ]; then
  hosts=(server alice bob carol dave)
  machines_open maybe-systemd
  host_add "${hosts[@]}"
  machines_furnish
  echo 'Five machines in one network, each with both programs and nothing set up yet:'
  for host in "${hosts[@]}"; do printf '  %-8s %s\n' "$host" "$(outside "$host")"; done
  printf '\nscp FILE HOST: reaches the other machines.'
else
  started=$EPOCHREALTIME
  network_open
  if [ "$servers" = 2 ]; then
    hosts=(server server2 database alice bob carol)
    host_add "${hosts[@]}"
    postgresql_install database
    two_servers
  else
    hosts=(server alice robot1 guest1)
    host_add "${hosts[@]}"
    life
  fi
  printf '\n%sAll of this took %.1f s.%s\n' "$dim" "$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')" "$plain"
  [ -z "$keep" ] || printf '\nThe network stays up; serve logs to %s.' "$(log_of server serve)"
fi

if [ -n "$keep" ]; then
  for holder in "${STAGE_HOLDERS[@]}"; do echo "$holder $(cut -d' ' -f22 "/proc/$holder/stat")"; done >"$STAGE_DIR/holders"
  [ "${STAGE_INIT:-}" != systemd ] || : >"$STAGE_DIR/cgroups"
  echo "$STAGE_DIR" >>"$KEPT"
  for host in "${hosts[@]}"; do echo "$host $(host_pid "$host")"; done >"$STAGE_DIR/hosts"
  printf ' Open a shell on a machine with\n'
  for host in "${hosts[@]}"; do printf '  ./dev demo --enter %s\n' "$host"; done
  printf 'and end it all with\n  ./dev demo --end\n'
else
  stage_close
  echo 'The network is gone again; ./dev demo --keep leaves it up.'
fi
