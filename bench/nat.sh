#!/bin/bash
# Who reaches whom through which routers, and how soon: peers join one by one, all with daemons, and for each pair the time from the start of the younger one's install
# to the first exchange of keys is taken. With INNERNET_UPSTREAM (the folder of the Rust programs) also with their server, which has neither news nor an early look at where a
# peer is, and with both of their programs. Exits 1 when two of ours do not reach each other within 30 s, directly or through the server's
# relay.
#
#   bench/nat.sh PROGRAMS      PROGRAMS is the folder with innernet and innernet-server
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/stage/stage.sh
. tests/stage/network.sh
. tests/stage/nat.sh
programs=$1 patience=30
work=$(mktemp -d /tmp/innernet-nat.XXXXXX)
# shellcheck disable=SC2317 # called by the trap
finish() {
  stage_close
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

declare -A PLACE=([office]='public' [laptop]='restricted' [desktop]='restricted, same LAN' [phone]='restricted' [box]='cone' [cafe]='symmetric' [hotel]='symmetric')
now_ms() { printf '%s' $((${EPOCHREALTIME/./} / 1000)); }

measure() { # CLIENT_KIND SERVER_KIND: writes lines `A B MILLISECONDS`
  INNERNET_KIND=$1 INNERNET_SERVER_KIND=$2 INNERNET=$programs/innernet INNERNET_SERVER=$programs/innernet-server
  [ "$1" = ours ] || INNERNET=$INNERNET_UPSTREAM/innernet
  [ "$2" = ours ] || INNERNET_SERVER=$INNERNET_UPSTREAM/innernet-server
  STAGE_ENV=() NAT_KEY=()
  network_open
  nat_network
  local peer other began there=() left=() still
  for peer in "${peers_behind_nat[@]}"; do
    began=$(now_ms)
    # The Rust client knows no news, so that its period counts: the same for all.
    nat_joins "$peer" --interval 10
    left=("${there[@]}")
    while [ "${#left[@]}" -gt 0 ] && [ $(($(now_ms) - began)) -lt $((patience * 1000)) ]; do
      still=()
      for other in "${left[@]}"; do
        if connected "$peer" "$other"; then echo "$other $peer $(($(now_ms) - began))"
        elif [ "$1 $2" = 'ours ours' ] || has_direct_way "$peer" "$other"; then still+=("$other"); fi
      done
      left=("${still[@]}")
      sleep 0.05
    done
    there+=("$peer")
  done >"$work/$1-$2"
  # The rest should never connect; they have had the time of those who joined later.
  stage_close
}

pairs=('ours ours')
if [ -n "${INNERNET_UPSTREAM:-}" ]; then pairs+=('ours upstream' 'upstream upstream'); fi
for pair in "${pairs[@]}"; do measure "${pair% *}" "${pair#* }"; done

printf '%-18s %-34s' pair 'behind'
printf ' %22s' "${pairs[@]/ / client, }"
printf '\n'
missed=0
for ((i = 0; i < ${#peers_behind_nat[@]}; ++i)); do
  for ((j = 0; j < i; ++j)); do
    a=${peers_behind_nat[j]} b=${peers_behind_nat[i]}
    printf '%-18s %-34s' "$a $b" "${PLACE[$a]} – ${PLACE[$b]}"
    for pair in "${pairs[@]}"; do
      ms=$(sed -n "s/^$a $b //p" "$work/${pair/ /-}")
      if [ -n "$ms" ]; then printf ' %20s s' "$(awk -v ms="$ms" 'BEGIN { printf "%.1f", ms / 1000 }')"
      elif [ "$pair" = 'ours ours' ] || has_direct_way "$a" "$b"; then
        printf ' %22s' 'NOT CONNECTED'
        [ "$pair" != 'ours ours' ] || missed=1
      else printf ' %22s' 'no way'; fi
    done
    printf '\n'
  done
done
exit "$missed"
