#!/bin/bash
# Who reaches whom through which routers, by which way, and how soon: peers join one by one, all with daemons, and for each pair the time from the start of the
# younger one's install to the first exchange of keys is taken. With INNERNET_UPSTREAM (the folder of the Rust programs) also with their client at one end, with their
# server, which knows no news, no early look at where a peer is and no relay, and with both of their programs. Exits 1 when two of ours do not reach each other within 30 s.
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

declare -A PLACE=([office]='public' [laptop]='restricted' [desktop]='restricted, same LAN' [phone]='restricted' [box]='cone' [cafe]='symmetric' [hotel]='symmetric'
  [ward]='address-restricted' [den]='restricted twice' [clinic]='firewall' [lounge]='symmetric, IPv6' [train]='symmetric, IPv6')
now_ms() { printf '%s' $((${EPOCHREALTIME/./} / 1000)); }

is_rust() { # BIT PEER: whether the peer has the Rust client where every one has whose number has that bit (none: nobody)
  local i
  [ -n "$1" ] || return 1
  for ((i = 0; i < ${#peers_behind_nat[@]}; ++i)); do [ "${peers_behind_nat[i]}" != "$2" ] || break; done
  [ $((i >> $1 & 1)) = 1 ]
}

# Writes lines `A B MILLISECONDS WAY`. With BIT, the clients are ours and Rust ones mixed, and only pairs of one of each count.
measure() { # NAME CLIENT_KIND SERVER_KIND [BIT]
  INNERNET_KIND=$2 INNERNET_SERVER_KIND=$3 INNERNET=$programs/innernet INNERNET_SERVER=$programs/innernet-server
  local bit=${4:-} peer other began there=() left=() still rust relay way
  [ "$2" = ours ] || INNERNET=$INNERNET_UPSTREAM/innernet
  [ "$3" = ours ] || INNERNET_SERVER=$INNERNET_UPSTREAM/innernet-server
  STAGE_ENV=() NAT_KEY=() BEHIND=() LETS_IN_MORE=()
  network_open
  if [ -n "$bit" ]; then
    upstream_userspace
    CLIENT_OPTIONS=(--backend userspace)
  fi
  nat_network
  relay=$(outside server):$((PORT + 1))
  for peer in "${peers_behind_nat[@]}"; do
    rust=0
    if is_rust "$bit" "$peer"; then
      rust=1
      on "$peer" mount --bind "$INNERNET_UPSTREAM/innernet" "$STAGE_DIR/bin/innernet"
    fi
    began=$(now_ms)
    # The Rust client knows no news, so that its period counts: the same for all.
    nat_joins "$peer" --interval 10
    left=()
    for other in "${there[@]}"; do
      if [ -n "$bit" ] && { [ "$rust" = 1 ] && is_rust "$bit" "$other" || { [ "$rust" = 0 ] && ! is_rust "$bit" "$other"; }; }; then continue; fi
      [ "$3" = upstream ] && ! has_direct_way "$peer" "$other" || left+=("$other")
    done
    while [ "${#left[@]}" -gt 0 ] && [ $(($(now_ms) - began)) -lt $((patience * 1000)) ]; do
      still=()
      for other in "${left[@]}"; do
        if connected "$peer" "$other"; then
          way=direct
          ! on "$peer" wg show "$NETWORK" endpoints | grep -F "$(key_of "$other")" | grep -qF "$relay" || way=relayed
          echo "$other $peer $(($(now_ms) - began)) $way"
        else still+=("$other"); fi
      done
      left=("${still[@]}")
      sleep 0.05
    done
    there+=("$peer")
  done >>"$work/$1"
  stage_close
}

columns=('ours')
measure ours ours ours
if [ -n "${INNERNET_UPSTREAM:-}" ]; then
  columns+=('one-Rust-client' 'Rust-server' 'all-Rust')
  # Any two of them differ in one of the bits of their numbers.
  for bit in 0 1 2 3; do measure one-Rust-client ours ours "$bit"; done
  measure Rust-server ours upstream
  measure all-Rust upstream upstream
fi

printf '%-18s %-44s' pair behind
printf ' %18s' "${columns[@]}"
printf '\n'
missed=0
for ((i = 0; i < ${#peers_behind_nat[@]}; ++i)); do
  for ((j = 0; j < i; ++j)); do
    a=${peers_behind_nat[j]} b=${peers_behind_nat[i]}
    printf '%-18s %-44s' "$a $b" "${PLACE[$a]} – ${PLACE[$b]}"
    for column in "${columns[@]}"; do
      read -r ms way <<<"$(grep -m1 "^$a $b " "$work/$column" | cut -d' ' -f3-)" || :
      if [ -n "$ms" ]; then printf ' %8s %7.1f s' "$way" "$(awk -v ms="$ms" 'BEGIN { print ms / 1000 }')"
      else
        printf ' %18s' 'not connected'
        [ "$column" != ours ] || missed=1
      fi
    done
    printf '\n'
  done
done
exit "$missed"
