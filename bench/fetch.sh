#!/bin/bash
# CPU of one `innernet fetch` at 10,000 peers on wireguard-go: a first fetch, all of them new on the
# device only (as after a boot), and nothing new. The programs are the release build's, on two hosts of a
# stage. With INNERNET_UPSTREAM (the folder of the Rust programs) both clients are measured in turn, on hosts of their own.
#
#   bench/fetch.sh PROGRAMS [ROUNDS]      PROGRAMS is the folder with make_network
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/stage/stage.sh
. tests/stage/network.sh
programs=$1 rounds=${2:-5} peers=${PEERS:-10000}
NETWORK=bench
trap stage_close EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

network_open
host_add server ours
make=("$programs/make_network" "$STAGE_DIR/network" "$peers" 198 500 "$(outside server):$PORT")
"${make[@]}" >/dev/null
mkdir -p "$STAGE_DIR/shared/files"
mv "$STAGE_DIR/network" "$STAGE_DIR/shared/files/network"
on server sh -c 'cp -a shared/files/network/etc /etc/innernet-server && cp -a shared/files/network/lib /var/lib/innernet-server'
PORT=51820
succeed serve
invite_and_install() { # HOST
  succeed server add-peer "$NETWORK" --name "$1" --cidr group-1 --auto-ip --admin false --save-config "$(invitation_of "$1")" --invite-expires 14d --yes
  succeed client "$1" install "$(invitation_of "$1")" --default-name --delete-invite --no-nat-traversal
}
invite_and_install ours
hosts=(ours)
if [ -n "${INNERNET_UPSTREAM:-}" ]; then
  host_add original
  install -m 755 "$INNERNET_UPSTREAM/innernet" "$STAGE_DIR/bin/innernet-upstream"
  upstream_userspace
  succeed server add-peer "$NETWORK" --name original --cidr group-1 --auto-ip --admin false --save-config "$(invitation_of original)" --invite-expires 14d --yes
  succeed run original innernet-upstream --backend userspace install "$(invitation_of original)" --default-name --delete-invite --no-nat-traversal
  hosts+=(original)
fi

server_key=$(key_of server)
forget_peers() { # HOST: all but the server
  # shellcheck disable=SC2016 # expanded on the host
  on "$1" bash -c 'wg show "$1" peers | grep -vxF "$2" | sed "s/.*/peer & remove/" | xargs -n 900 wg set "$1"' forget "$NETWORK" "$server_key"
}

cpu_of_fetch() { # HOST: milliseconds of user and system time
  local program=(innernet)
  [ "$1" = ours ] || program=(innernet-upstream --backend userspace)
  # shellcheck disable=SC2016 # expanded on the host
  on "$1" bash -c 'TIMEFORMAT="%3U %3S"; { time "$@" >fetch.log 2>&1; } 2>time.log || { cat fetch.log >&2; exit 1; }; awk "{ printf \"%d\n\", (\$1 + \$2) * 1000 }" time.log' \
    fetch "${program[@]}" fetch "$NETWORK" --no-nat-traversal
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for ((round = 0; round < rounds; ++round)); do
  for host in "${hosts[@]}"; do
    forget_peers "$host"
    on "$host" rm -f "/var/lib/innernet/$NETWORK.json"
    cpu_of_fetch "$host" >>"$STAGE_DIR/$host.first"
    forget_peers "$host"
    cpu_of_fetch "$host" >>"$STAGE_DIR/$host.all"
    cpu_of_fetch "$host" >>"$STAGE_DIR/$host.nothing"
  done
done
missed=0
for row in 'first 60 the first' 'all 60 all new' 'nothing 40 nothing new'; do
  read -r kind promise words <<<"$row"
  ours=$(median <"$STAGE_DIR/ours.$kind")
  line="one fetch, $peers peers, $words: $ours ms of CPU, promised at most $promise"
  [ "$ours" -le "$promise" ] || { line+=": MISSED" missed=1; }
  if [ -e "$STAGE_DIR/original.$kind" ]; then
    original=$(median <"$STAGE_DIR/original.$kind")
    line+="; the original $original ms, ratio $(awk -v a="$original" -v b="$ours" 'BEGIN { printf "%.0f", a / (b > 0 ? b : 1) }')"
  else
    line+="; the original was not at hand (INNERNET_UPSTREAM), not compared"
  fi
  echo "$line"
done
exit "$missed"
