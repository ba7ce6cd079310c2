#!/bin/bash
# Does what a guide says, literally, on hosts of a stage: tests/guide.sh FILE [RESULT_FILE]
#
# In the Markdown file
#   ```console    a block that is played. `HOST# COMMAND` runs as root on that host, in its home folder; a line that ends in \ goes on in the next.
#                 What stands below is what the command must say, line by line, with … for anything within a line and a line … for any number of
#                 lines. Nothing below: what it says does not matter. It must succeed, unless the last line below is [exit N].
#   ```sh         commands that a stage can't play (packages, containers, firewalls): counted and named in the result.
#   <!-- stage: DIRECTIVE -->   what the reader has already, or does not do with commands:
#                 network PEER...   the network evilcorp with a server and these peers in the CIDR humans, who know each other; the first is an admin
#                 programs ours|upstream     from here on all hosts have our programs, or the Rust ones (INNERNET_UPSTREAM: the folder that holds them;
#                 without it ours stand in for them)
#                 postgresql HOST NAME       there is a PostgreSQL server on that host, with an empty database and its owner `innernet`, and psql
#                 router NAME KIND PEER...   these peers are behind a router of that kind (tests/stage/nat.sh)
#                 HOST# COMMAND     a command that must succeed
# Commands that only look (ping, list, ...) may need some patience: they are tried again until they say it, for up to 40 s.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
. tests/stage/stage.sh
. tests/stage/network.sh
. tests/stage/machines.sh
. tests/stage/nat.sh
. tests/stage/postgresql.sh

guide=$1 result=${2:-}
passed=0 failed=0 blocks=0 not_played=()

finish() {
  local status=$?
  if [ "$status" != 0 ]; then
    failed=$((failed + 1))
    echo "  FAILED  $guide: it stopped with status $status"
  fi
  if [ -n "${STAGE_KEEP_LOGS:-}" ] && [ -e "$STAGE_DIR/log/transcript" ]; then
    mkdir -p "$STAGE_KEEP_LOGS"
    cp "$STAGE_DIR/log/transcript" "$STAGE_KEEP_LOGS/${guide##*/}.transcript"
  fi
  stage_close
  [ "$failed" != 0 ] || echo "  ok      $guide: $passed commands in $blocks blocks"
  [ "${#not_played[@]}" = 0 ] || echo "          $guide: not played: ${#not_played[@]} blocks, at line ${not_played[*]}"
  [ -z "$result" ] || echo "$passed $failed $blocks ${#not_played[@]}" >"$result"
  [ "$failed" = 0 ] || exit 1
}

appears() { # HOST: the server has the first address on the stage, the others follow in the order in which the guide names them
  [ -n "${STAGE_PID[server]:-}" ] || host_add server
  [ -n "${STAGE_PID[$1]:-}" ] || host_add "$1"
}

only_looks() {
  case $1 in
    ping* | getent* | grep* | cat* | 'wg show'* | 'ip address show'* | 'ip route show'* | *'innernet show'* | *'innernet why'* | *'innernet list'* | 'innernet-server list'* | journalctl*) return 0 ;;
    *) return 1 ;;
  esac
}

# What a stage adds because its kernel has no WireGuard, and empty lines, which a guide may leave out.
without_noise() { grep -v -e '^\[\*\] the kernel has no WireGuard, using ' -e '^[[:space:]]*$' || :; }

says() { # EXPECTED: whether OUT is that
  local wanted actual line at=0 anywhere='' status=0
  [ -n "$1" ] || { [ "$STATUS" = 0 ]; return; }
  mapfile -t wanted <<<"$1"
  if [[ ${wanted[-1]} =~ ^\[exit\ ([0-9]+)\]$ ]]; then
    status=${BASH_REMATCH[1]}
    unset 'wanted[-1]'
  fi
  [ "$STATUS" = "$status" ] || return 1
  [ "${#wanted[@]}" -gt 0 ] || return 0
  mapfile -t actual < <(without_noise <<<"$OUT")
  for line in "${wanted[@]}"; do
    if [ "$line" = … ]; then anywhere=1; continue; fi
    while :; do
      [ "$at" -lt "${#actual[@]}" ] || return 1
      at=$((at + 1))
      ! matches "${actual[at - 1]}" "$line" || break
      [ -n "$anywhere" ] || return 1
    done
    anywhere=
  done
  [ -n "$anywhere" ] || [ "$at" = "${#actual[@]}" ]
}

matches() { # LINE PATTERN: … stands for anything; white space at the end of a line can't be seen
  local rest=${1%"${1##*[![:space:]]}"} pattern=$2 piece
  piece=${pattern%%…*}
  [[ $rest == "$piece"* ]] || return 1
  rest=${rest#"$piece"}
  while [[ $pattern == *…* ]]; do
    pattern=${pattern#*…} piece=${pattern%%…*}
    # The last piece must end the line.
    if [[ $pattern != *…* ]]; then [[ $rest == *"$piece" ]]; return; fi
    [[ $rest == *"$piece"* ]] || return 1
    rest=${rest#*"$piece"}
  done
  [ -z "$rest" ]
}

play() { # LINE HOST COMMAND EXPECTED
  local end=$SECONDS
  appears "$2"
  ! only_looks "$3" || end=$((SECONDS + 40))
  while :; do
    run "$2" timeout 60 bash -c "$3"
    if says "$4"; then
      passed=$((passed + 1))
      return 0
    fi
    [ "$SECONDS" -lt "$end" ] || break
    sleep 0.3
  done
  failed=$((failed + 1))
  printf '  FAILED  %s:%s: %s# %s\n' "$guide" "$1" "$2" "$3"
  { printf 'exit %s\n%s\n' "$STATUS" "$OUT"; [ -z "$4" ] || printf -- '--- the guide says\n%s\n' "$4"; } | sed 's/^/          | /'
  # What follows builds on it.
  return 1
}

network() { # PEER...
  local peer admin=true
  succeed new_network || return
  succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes || return
  succeed run server systemctl enable --now "innernet-server@$NETWORK" || return
  for peer; do
    succeed invite "$peer" humans "$admin" || return
    succeed redeem "$peer" || return
    admin=false
  done
  for peer; do succeed client "$peer" fetch "$NETWORK" || return; done
}

postgresql() { # HOST NAME
  postgresql_install "$1" || return
  sql "$1" 'CREATE ROLE innernet LOGIN' postgres && sql "$1" "CREATE DATABASE $2 OWNER innernet" postgres
  on "$1" sh -c 'echo "127.0.0.1 db.example.com" >>/etc/hosts'
}

programs() { # ours|upstream
  local program
  if [ "$1" = ours ] || [ -z "${INNERNET_UPSTREAM:-}" ]; then
    for program in innernet innernet-server; do install -m 755 "build/release/bin/$program" "$STAGE_DIR/bin/.new" && mv "$STAGE_DIR/bin/.new" "$STAGE_DIR/bin/$program"; done
    [ "$1" = ours ] || echo "          $guide: ours stand in for the Rust programs"
    return
  fi
  [ -e "$STAGE_DIR/bin/wireguard-go-for-upstream" ] || upstream_userspace
  # They do not find out by themselves that the kernel has no WireGuard; `serve` wants to be told behind its name.
  for program in innernet innernet-server; do
    cat >"$STAGE_DIR/bin/.new" <<SCRIPT
#!/bin/bash
[ "\${1:-}" != serve ] || exec "$INNERNET_UPSTREAM/$program" serve --backend userspace "\${@:2}"
exec "$INNERNET_UPSTREAM/$program" --backend userspace "\$@"
SCRIPT
    chmod 755 "$STAGE_DIR/bin/.new"
    mv "$STAGE_DIR/bin/.new" "$STAGE_DIR/bin/$program"
  done
}

directive() { # LINE TEXT
  case $2 in
    'programs '*) programs "${2#* }" ;;
    'network '*) read -r -a words <<<"$2"; network "${words[@]:1}" ;;
    'postgresql '*) read -r -a words <<<"$2"; postgresql "${words[@]:1}" ;;
    'router '*) ;;   # the hosts are there before the guide begins
    *'# '*) play "$1" "${2%%# *}" "${2#*# }" '' ;;
    *) echo "$guide:$1: no such directive: $2" >&2; return 1 ;;
  esac
}

play_guide() {
  local lines=() at=0 line block='' todo='' host='' expected='' where=0 next
  mapfile -t lines <"$guide"
  flush() {
    [ -z "$todo" ] || play "$where" "$host" "$todo" "$expected" || return
    todo='' expected=''
  }
  for line in "${lines[@]}"; do
    at=$((at + 1))
    case $block in
      '')
        case $line in
          '```console') block=console blocks=$((blocks + 1)) ;;
          '```sh') block=other; not_played+=("$at") ;;
          '```'*) block=other ;;
          '<!-- stage: '*' -->') line=${line#<!-- stage: }; directive "$at" "${line% -->}" || return ;;
        esac
        ;;
      console)
        if [ "$line" = '```' ]; then
          flush || return
          block=
        elif [[ $todo == *\\ && -z $expected ]]; then todo=${todo%\\}${line##*( )}
        elif [[ $line =~ ^([a-z][a-z0-9-]*)#\ (.*)$ ]]; then
          next=("${BASH_REMATCH[@]:1}")
          flush || return
          host=${next[0]} todo=${next[1]} where=$at
        elif [ -n "$line" ]; then expected+=${expected:+$'\n'}$line
        fi
        ;;
      other) [ "$line" != '```' ] || block= ;;
    esac
  done
  [ -z "$block" ] || { echo "$guide: a block does not end" >&2; return 1; }
}

shopt -s extglob
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# The Rust programs would need units of their own.
if grep -q '^<!-- stage: programs ' "$guide"; then machines_open no-systemd; else machines_open maybe-systemd; fi
while read -r name kind peers; do
  appears server
  router_add "$name" "$kind"
  # shellcheck disable=SC2086 # words
  host_behind "$name" $peers
done < <(sed -n 's/^<!-- stage: router \(.*\) -->/\1/p' "$guide")
while read -r host; do appears "$host"; done < <(sed -n 's/^\(<!-- stage: \)\{0,1\}\([a-z][a-z0-9-]*\)# .*/\2/p; s/^<!-- stage: network \(.*\) -->/\1/p; s/^<!-- stage: postgresql \([^ ]*\) .*/\1/p' "$guide" | tr ' ' '\n' | awk '!seen[$0]++')
machines_furnish
play_guide || { [ "$failed" != 0 ] || exit 1; }
