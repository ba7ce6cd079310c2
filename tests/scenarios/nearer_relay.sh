# shellcheck shell=bash
# Two peers behind symmetric routers are relayed by the server, which is far away. An office that is near begins to relay: they move there,
# and their traffic goes on.

. tests/stage/nat.sh

host_add server office
router_add street symmetric
host_behind street cafe
router_add lobby symmetric
host_behind lobby hotel
# Forty milliseconds there, and as many back. (netem is no part of every kernel.)
cp tests/stage/slow_way.py "$STAGE_DIR/"
start server slow python3 "$STAGE_DIR/slow_way.py" $((PORT + 2)) $((PORT + 1)) 40
on server nft -f - <<RULES
table ip slow {
  chain in { type nat hook prerouting priority dstnat; iifname "eth0" udp dport $((PORT + 1)) redirect to :$((PORT + 2)); }
}
RULES
succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve
succeed invite office humans true
succeed redeem office
start office daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon
nat_joins cafe
nat_joins hotel

relayed_by() { # RELAY: both say so
  local peer
  for peer in cafe hotel; do
    client "$peer" show --short "$NETWORK"
    grep -E 'cafe|hotel' <<<"$OUT" | grep -qF "(relayed by $1)" || return 1
  done
}
check_soon 'two peers reach each other' 30 reaches cafe hotel
check_soon 'relayed by the server' 10 relayed_by innernet-server
is_far() { [ "$(on cafe ping -q -n -c 3 -i 0.2 -W 1 "$(inside hotel)" | sed -n 's|^rtt .* = \([0-9]*\)\..*|\1|p')" -ge 150 ]; }
check 'which is far away' is_far

ping_until_finished cafe hotel &
pings=$!
began=$(now_ms)
client office set-relay "$NETWORK" --name office --yes
exits 'an office that is near is made a relay' 0 'office is a relay'
check_soon 'they move there' 240 relayed_by office
note "$(($(now_ms) - began)) ms after that"
sleep 3   # longer than a try that has failed would take
check 'and stay there' relayed_by office
on cafe touch finished
wait "$pings" || :
lost() { # of these pings
  # shellcheck disable=SC2016 # awk's
  on cafe awk '/bytes from .*icmp_seq=/ { split($0, part, "icmp_seq="); at = part[2] + 0; if (!(at in seen)) ++answered; seen[at] = 1; if (at > last) last = at } END { print last - answered }' ping-hotel
}
lost=$(lost)
note "$lost pings were lost, of ten a second"
few_are_lost() { [ -n "$lost" ] && [ "$lost" -le 10 ]; }   # tries of direct ways may take some, too
check 'hardly a ping is lost on the way' few_are_lost
is_near() { ! is_far; }
check 'and it is nearer now' is_near
