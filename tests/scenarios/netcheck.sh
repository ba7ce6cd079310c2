# shellcheck shell=bash
# `innernet netcheck` has the right words for an open host, for hosts behind two kinds of routers, and where no UDP gets through.

. tests/stage/nat.sh
host_add server office
router_add home restricted
host_behind home laptop
router_add street symmetric
host_behind street cafe
succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve
for peer in office laptop cafe; do nat_joins "$peer"; done

says() { # PEER TEXT...
  local text
  client "$1" netcheck "$NETWORK"
  for text in "${@:2}"; do grep -qF "$text" <<<"$OUT" || return; done
}

# The server looks every few seconds where it sees its peers.
check_soon 'an open host is told so' 60 says office 'NAT: none' 'UDP: works' 'Every peer reaches this machine directly'
check 'the path takes whole packets' says office 'path MTU: 1500 or more'
check_soon 'a usual router is known' 60 says laptop 'NAT: endpoint-independent' 'hairpin: no' \
  'Most peers reach this machine directly; those behind symmetric routers are relayed by innernet-server.'
check_soon 'a symmetric router is known' 60 says cafe 'NAT: symmetric' \
  'Peers with a public address or an open port are reached directly; all others are relayed by innernet-server.'
check 'what the router would do is said' says cafe "router: $(router_lan street).1, opens no ports by PCP, NAT-PMP or UPnP"
check 'who was answered succeeds' [ "$STATUS" = 0 ]
check_soon 'two that only a relay connects reach each other' 90 reaches laptop cafe
succeed client laptop netcheck "$NETWORK"
check 'a check leaves the relay to them' reaches laptop cafe
client cafe netcheck "$NETWORK" --json
check 'as JSON, too' grep -qF '"nat":"symmetric"' <<<"$OUT"

on home ip link set eth0 mtu 1400
check 'a narrow path is measured' says laptop 'path MTU: 1400'
on home ip link set eth0 mtu 1500

on home nft insert rule ip filter through meta l4proto udp drop
check 'where no UDP gets through, that is said' says laptop 'UDP: blocked' 'This network lets no UDP out'
check 'and the command fails' [ "$STATUS" = 1 ]

stop server serve || :
check 'a server that does not serve is said to be away' says office 'no answer through the tunnel' 'The server does not answer'
