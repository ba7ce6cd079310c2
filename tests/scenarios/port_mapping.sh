# shellcheck shell=bash
# A peer behind a router that maps ports is reached directly by one behind a symmetric router, which is relayed without that; and the mapping
# lives as long as the daemon.

. tests/stage/nat.sh

host_add server
router_add home restricted
host_behind home laptop
# Its IPv6 is not translated, but nobody is let in.
on home ip -6 address add 2a00:1:2:3::1/64 dev lan0 nodad
on laptop ip -6 address add 2a00:1:2:3::2/64 dev eth0 nodad
on laptop ip -6 route add default via "$(on home ip -6 -o address show dev lan0 scope link | sed 's,.*inet6 ,,; s,/.*,,')" dev eth0
router_add street symmetric
host_behind street cafe
router_maps home enable_natpmp=yes
succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve

port_of() { on "$1" wg show "$NETWORK" listen-port; }
is_mapped() { [ "$(mapped_ports home)" = "$(port_of laptop)" ]; }
is_unmapped() { [ -z "$(mapped_ports home)" ]; }
said_twice() { [ "$(grep -c -- "$1" "$(log_of laptop daemon)")" = 2 ]; }   # TEXT
said() { grep -qE -- "$1" "$(log_of laptop daemon)"; }   # PATTERN

nat_joins laptop --interval 2
check_soon "the router lets in what comes to the laptop's port" 20 is_mapped
check_soon 'the log says where, and by which protocol' 5 \
  said "port $(port_of laptop) is mapped as $(router_outside home | sed 's/[.]/[.]/g'):$(port_of laptop) by the router at $(router_lan home).1, by PCP"

says() { # PEER COMMAND... -- TEXT...: what the command prints has each of them
  local peer=$1 words=() text
  shift
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  client "$peer" "${words[@]}"
  for text in "${@:2}"; do grep -qF -- "$text" <<<"$OUT" || return; done
}
at_home() { printf '%s:%s' "$(router_outside home)" "$(port_of laptop)"; }
check_soon 'show says where it is mapped, by which protocol and until when' 10 says laptop show "$NETWORK" -- \
  "  port mapping: $(at_home), by PCP on the router at $(router_lan home).1, for another 1 hour, "
check 'the table says it in few words' says laptop show "$NETWORK" --live -- "; port open at $(at_home)"
check 'and programs are told' says laptop show "$NETWORK" --json -- \
  "\"state\":\"mapped\",\"router\":\"$(router_lan home).1\",\"protocol\":\"PCP\",\"outside\":\"$(at_home)\",\"until\":"
is_private() { [ "$(on laptop stat -c %a "/var/lib/innernet/$NETWORK.mapping")" = 600 ]; }
check 'the file between the two is nobody else'"'"'s' is_private
check 'netcheck says what the router offers, what it has opened and what that means' says laptop netcheck "$NETWORK" -- \
  "  router: $(router_lan home).1, opens ports by PCP, NAT-PMP, UPnP; outside it is $(router_outside home)" "  port mapping: $(at_home)" \
  "its router has opened port $(port_of laptop)"
check 'and leaves the mapping to the daemon' is_mapped

is_let_in() { on home nft list chain inet upnp mapped | grep -q 0x2a000001000200030000000000000002; }
check_soon 'and its firewall for IPv6 lets in what comes to that port' 20 is_let_in

nat_joins cafe
check_soon 'they find each other' 30 connected cafe laptop
check_soon 'where no router maps, show says so' 20 says cafe show "$NETWORK" -- \
  "  port mapping: none: the router at $(router_lan street).1 answers neither PCP nor NAT-PMP nor UPnP"
check 'and netcheck what would help' says cafe netcheck "$NETWORK" -- "  router: $(router_lan street).1, opens no ports" \
  'with UPnP, NAT-PMP or PCP switched on there, every peer reaches this machine directly'
# Its rule is for all of the router's addresses here.
directly() { on cafe wg show "$NETWORK" endpoints | grep -F "$(key_of laptop)" | grep -qE "[[:space:]]($(router_outside home)|$(outside home)):$(port_of laptop)$"; }
# A try that a busy machine spoils is made again a minute later.
check_soon 'on the way that the router has opened, and not by the relay' 90 directly
is_told() { on cafe grep -qF "$(router_outside home):$(port_of laptop)" "/var/lib/innernet/$NETWORK.json"; }
check_soon 'where it is open is one of the addresses that peers are told' 30 is_told
check 'a ping passes' reaches cafe laptop

# miniupnpd says so when it has started, to those who listen.
stop home miniupnpd || :
began=$(now_ms)
router_maps_again home enable_natpmp=yes
check_soon 'after a restart of the router the port is mapped again' 30 is_mapped
note "$(($(now_ms) - began)) ms after the start"

succeed client laptop set-listen-port "$NETWORK" --listen-port 40404 --yes
check_soon 'another port takes the place of the first' 60 is_mapped

stop laptop daemon || :
check 'a daemon that ends takes the mapping with it' is_unmapped
check 'and the gap in the firewall' not is_let_in
check 'and the file that tells of it' not on laptop test -e "/var/lib/innernet/$NETWORK.mapping"
check 'nothing is said of it then' not says laptop show "$NETWORK" -- 'port mapping'

# Most home routers know nothing but UPnP.
stop home miniupnpd || :
router_maps_again home enable_natpmp=no
start laptop daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon
check_soon 'a router with UPnP alone maps the port, too' 30 is_mapped
check_soon 'and the log says so' 5 said 'by the router at .*, by UPnP'

check_soon 'as show does' 10 says laptop show "$NETWORK" -- "  port mapping: $(at_home), by UPnP on the router at $(router_lan home).1"

stop laptop daemon KILL || :
check 'a daemon that was killed leaves the mapping, and show says that' says laptop show "$NETWORK" -- "  port mapping: $(at_home), by UPnP"
start laptop daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon
check_soon 'what a daemon that was killed has left belongs to the next one' 30 \
  said_twice 'by UPnP'
stop laptop daemon || :
check 'and goes with it' is_unmapped

start laptop daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon --no-port-mapping
started_again() { [ "$(grep -c 'looking after network' "$(log_of laptop daemon)")" = 4 ]; }
check_soon 'a daemon with --no-port-mapping' 10 started_again
check_soon 'reaches the server' 20 reaches laptop server
check 'and asks the router for nothing' is_unmapped
check_soon 'and show says why' 10 says laptop show "$NETWORK" -- '  port mapping: off: the daemon runs with --no-port-mapping'
stop laptop daemon || :

stop home miniupnpd || :
router_maps_again home enable_natpmp=no 'deny 0-65535 0.0.0.0/0 0-65535'
start laptop daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon
check_soon 'a router that refuses is named as the reason' 30 says laptop show "$NETWORK" -- \
  "  port mapping: none by UPnP: the router at $(router_lan home).1 refuses: it does not allow it"
check 'by netcheck as well' says laptop netcheck "$NETWORK" -- "No port is open here, for the router at $(router_lan home).1 refuses"
