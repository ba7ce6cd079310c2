# shellcheck shell=bash
# A peer's machine relays for two peers behind symmetric routers, beside the server's relay or in its place: whoever of the two goes, the
# other one takes over.

. tests/stage/nat.sh

relay_options=(--no-relay)
serve_command() { printf '%s\n' innernet-server serve "${SERVER_OPTIONS[@]}" "$NETWORK" "${relay_options[@]}"; }
serve_again() { # [OPTION...]
  stop server serve || :
  relay_options=("$@")
  succeed serve
}
office_daemon() { start office daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon; }

relays_of() { # PEER: how many relays it is registered with
  local key at n=0 nobodys
  nobodys=$(on "$1" wg show "$NETWORK" allowed-ips | awk '$2 == "(none)" { print $1 }')
  while read -r key at; do
    if [ "$at" != 0 ] && grep -qF "$key" <<<"$nobodys"; then n=$((n + 1)); fi
  done < <(on "$1" wg show "$NETWORK" latest-handshakes)
  printf '%s' "$n"
}
both_have() { [ "$(relays_of cafe)" = "$1" ] && [ "$(relays_of hotel)" = "$1" ]; }   # N relays
relayed_by() { # RELAY: both say so
  local peer
  for peer in cafe hotel; do
    client "$peer" show --short "$NETWORK"
    grep -E 'cafe|hotel' <<<"$OUT" | grep -qF "(relayed by $1)" || return 1
  done
}
reach_each_other() { reaches cafe hotel && reaches hotel cafe; }

host_add server office
router_add street symmetric
host_behind street cafe
router_add lobby symmetric
host_behind lobby hotel
succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve
succeed invite office humans true
succeed redeem office
office_daemon
nat_joins cafe
nat_joins hotel
check 'without a relay, two peers behind symmetric routers have no way' never_reaches cafe hotel

server set-relay "$NETWORK" --name office --yes
exits 'the server makes a peer a relay' 0 'office is a relay'
check_soon 'they are relayed by that peer' 30 reach_each_other
check_soon 'and their lists say so' 10 relayed_by office
listed() { server list-peers "$NETWORK" && grep -qE "office .*relay on UDP port [0-9]" <<<"$OUT"; }
check "the server's list has its port" listed

told_of_it() { # PEER: a client that knows no relays takes it for one more address of that peer
  local port
  server list-peers "$NETWORK" || return
  port=$(sed -n 's/.*office .*relay on UDP port \([0-9]*\).*/\1/p' <<<"$OUT")
  on office curl -gsS -H "X-Innernet-Server-Key: $(key_of server)" "http://$(bracketed "$(inside server)"):${PORT:?}/v1/user/state" |
    grep -oE "\"name\":\"$1\"[^[]*\"candidates\":\[[^]]*" | grep -qF "\"$(outside office):$port\""
}
for peer in cafe hotel; do check_soon "who knows no relays is told of it as of an address of $peer" 30 told_of_it "$peer"; done

serve_again
check_soon "both register with the server's relay as well" 30 both_have 2
check_soon 'and stay where they are' 10 relayed_by office   # while direct ways are tried, for a moment not
client office set-relay "$NETWORK" --name office --off --yes
exits 'an admin ends the relay' 0 'no relay any more'
began=$(now_ms)
check_soon "the server's takes over" 20 reach_each_other
note "$(($(now_ms) - began)) ms after that"
check_soon 'their lists say so' 10 relayed_by innernet-server

client office set-relay "$NETWORK" --name office --yes
exits 'an admin makes it one again' 0 'is a relay'
check_soon 'both register with it' 30 both_have 2
serve_again --no-relay
check_soon "when the server's has gone, it takes over" 30 relayed_by office
check_soon 'and they reach each other' 20 reach_each_other
serve_again
check_soon 'both know two relays again' 30 both_have 2

stop office daemon KILL || :
began=$(now_ms)
# Noticed after 3 s without an answer, by a look each second; asked, which takes a second and a half of silence; then a handshake, or two if
# those of both sides cross.
check_soon "when the peer's has died, the server's takes over" 10 reach_each_other
took=$(($(now_ms) - began))
note "$took ms after its end"
check_soon 'and their lists say so' 10 relayed_by innernet-server
