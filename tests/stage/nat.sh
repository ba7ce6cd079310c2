# shellcheck shell=bash
# Routers that translate addresses, for a stage. Needs stage.sh.
#
#   router_add NAME KIND         plugs a router in, with a LAN of its own behind it:
#                                cone        a packet from anybody comes through to the host behind it (one host; RFC 4787: endpoint-independent filtering)
#                                address     only from an address to which the host has sent something, whatever the port (one host)
#                                restricted  only from where the host has sent something to, the port included (what home routers do)
#                                symmetric   the same, and each destination sees another port
#   host_behind ROUTER NAME...   plugs hosts into that LAN
#   router_behind ROUTER NAME KIND   plugs a router into it, with a LAN of its own
#   host_moves NAME ROUTER       unplugs a host, and plugs it in behind another router (neither a cone nor one that looks at addresses alone)
#   firewalled NAME...           gives hosts a firewall that lets only answers in, and translates nothing
#   ipv6_behind ROUTER...        gives the hosts behind these routers IPv6 as well, through which each of them lets only answers in
#   router_maps ROUTER [LINE...] lets hosts behind it ask for ports, by miniupnpd (package miniupnpd-nftables) with these lines in its config
#
# Hosts behind a router have IPv4 only else, and no way from the outside but what the router lets in.

router_lan() { printf '192.168.%d' "${STAGE_NUMBER[$1]}"; }   # ROUTER: the first three numbers of its LAN

router_add() { # NAME KIND
  host_add "$1"
  on "$1" ip -6 address flush dev eth0 scope global
  becomes_router "$1" "$2"
}

router_behind() { # ROUTER NAME KIND
  host_behind "$1" "$2"
  becomes_router "$2" "$3"
}

becomes_router() { # HOST KIND
  local flag='' forward=drop sent=''
  on "$1" ip link add lan0 type bridge forward_delay 0
  on "$1" ip address add "$(router_lan "$1").1/24" dev lan0
  on "$1" ip link set lan0 up
  on "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  case $2 in
    cone) forward='accept' ;;
    address) forward='ip saddr @sent accept; iifname "eth0" ct state new drop' sent='iifname "lan0" update @sent { ip daddr };' ;;
    symmetric) flag=fully-random ;;
  esac
  # Linux keeps the source port where it can. Packets that nobody waits for are dropped, also those to the router itself: an accepted one would
  # take the port, and the host behind would get another for its answer.
  on "$1" nft -f - <<RULES
table ip nat {
  chain out { type nat hook postrouting priority srcnat; oifname "eth0" masquerade $flag; }
  chain in { type nat hook prerouting priority dstnat; }
}
table ip filter {
  set sent { type ipv4_addr; timeout 2m; flags dynamic; }
  chain to_the_router { type filter hook input priority filter; iifname "eth0" ct state new drop; }
  chain through { type filter hook forward priority filter; $sent iifname "eth0" ct state new $forward; }
}
RULES
  case $2 in cone | address) LETS_IN_MORE["$1"]=1 ;; esac
}
declare -A LETS_IN_MORE=() BEHIND=()

host_behind() { # ROUTER NAME...
  local router=$1 name number
  shift
  for name; do
    number=$((${#STAGE_NUMBER[@]} + 1))
    STAGE_NUMBER["$name"]=$number
    host_home "$name"
    stage_spawn "$name"
    BEHIND["$router"]+=" $name"
    # In the router's network, but with this machine's process ids.
    nsenter --target "${STAGE_PID[$router]}" --net -- ip link add "port$number" type veth peer name eth0 netns "${STAGE_PID[$name]}"
    on "$name" ip address add "$(router_lan "$router").$number/24" dev eth0
    on "$name" ip link set eth0 up
    on "$router" ip link set "port$number" master lan0 up
    on "$name" ip route add default via "$(router_lan "$router").1"
    [ -z "${LETS_IN_MORE[$router]:-}" ] ||
      on "$router" nft add rule ip nat in iifname eth0 udp dport 1024-65535 dnat to "$(router_lan "$router").$number"
  done
}

# As DHCP does it: another address, and then another way out.
host_moves() { # NAME ROUTER
  local name=$1 router=$2 number=${STAGE_NUMBER[$1]} old lan
  for old in "${!BEHIND[@]}"; do
    case " ${BEHIND[$old]} " in *" $name "*) break ;; esac
  done
  BEHIND["$old"]=${BEHIND[$old]/ $name/}
  BEHIND["$router"]+=" $name"
  lan=$(router_lan "$router")
  nsenter --target "${STAGE_PID[$old]}" --net -- ip link set "port$number" netns "${STAGE_PID[$router]}"
  on "$router" ip link set "port$number" master lan0 up
  on "$name" sh -c "ip address flush dev eth0 scope global && ip address add $lan.$number/24 dev eth0 && ip route add default via $lan.1"
}

firewalled() { # NAME...
  local name
  for name; do
    on "$name" nft -f - <<'RULES'
table inet filter {
  chain in { type filter hook input priority filter; iifname "eth0" meta l4proto udp ct state new drop; }
}
RULES
  done
}

ipv6_behind() { # ROUTER...
  local router other host
  for router; do
    on "$router" sh -c "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; ip address add $(outside "$router" 6)/64 dev eth0 nodad; ip address add 2001:2:0:${STAGE_NUMBER[$router]}::1/64 dev lan0 nodad"
    on "$router" nft -f - <<'RULES'
table ip6 filter {
  chain through { type filter hook forward priority filter; iifname "eth0" ct state new drop; }
}
RULES
    for other; do
      [ "$other" = "$router" ] || on "$router" ip -6 route add "2001:2:0:${STAGE_NUMBER[$other]}::/64" via "$(outside "$other" 6)"
    done
    for host in ${BEHIND[$router]}; do
      on "$host" sh -c "ip address add 2001:2:0:${STAGE_NUMBER[$router]}::${STAGE_NUMBER[$host]}/64 dev eth0 nodad; ip -6 route add default via 2001:2:0:${STAGE_NUMBER[$router]}::1"
    done
  done
}

# It maps ports of no address that is private or for tests only, so that the router gets one more. Nobody has it on a stage.
router_outside() { printf '11.22.33.%d' "${STAGE_NUMBER[$1]}"; }   # ROUTER

router_maps() { # ROUTER [LINE...]
  local router=$1 name
  on "$router" sh -c "ip address add $(router_outside "$router")/32 dev eth0"
  for name in "${!STAGE_PID[@]}"; do
    [ "$name" = switch ] || [ "$name" = "$router" ] || ! on "$name" ip route show dev eth0 2>/dev/null | grep -q '^198\.51\.100\.' ||
      on "$name" ip route add "$(router_outside "$router")" dev eth0
  done
  on "$router" nft -f - <<'RULES'
insert rule ip filter through iifname "eth0" ct status dnat accept
table inet upnp {
  chain mapped { }
  chain mapped_in { }
  chain mapped_out { }
  chain in { type nat hook prerouting priority dstnat - 1; jump mapped_in; }
  chain out { type nat hook postrouting priority srcnat - 1; jump mapped_out; }
}
RULES
  router_maps_again "$@"
}

router_maps_again() { # ROUTER [LINE...]: as a router that has started anew, which knows of no mapping
  local router=$1 line
  shift
  {
    printf '%s\n' ext_ifname=eth0 "ext_ip=$(router_outside "$router")" "listening_ip=lan0" http_port=5000 uuid=e1fe12f5-cc02-4203-8e3e-e0d3bb5f0b9f \
      upnp_table_name=upnp upnp_nat_table_name=upnp upnp_forward_chain=mapped upnp_nat_chain=mapped_in upnp_nat_postrouting_chain=mapped_out \
      secure_mode=yes "$@" 'allow 1024-65535 0.0.0.0/0 1024-65535' 'deny 0-65535 0.0.0.0/0 0-65535'
  } >"$STAGE_DIR/home/$router/miniupnpd.conf"
  for line in mapped mapped_in mapped_out; do on "$router" nft flush chain inet upnp "$line"; done
  start "$router" miniupnpd miniupnpd -d -f miniupnpd.conf -P /run/miniupnpd.pid
}

mapped_ports() { on "$1" nft list chain inet upnp mapped_in | grep -o 'dport [0-9]*' | cut -d ' ' -f 2; }   # ROUTER

# A network whose peers sit in all kinds of places. Each joins when those before it are there and run daemons: `peers_behind_nat` lists them in
# that order, `nat_joins PEER` lets one join, `connected A B` says whether the two have exchanged keys. Needs network.sh.
#
#   office            a public address
#   laptop, desktop   on one LAN, behind one restricted router
#   phone             behind another restricted router
#   box               behind a cone
#   cafe, hotel       each behind a symmetric router
#   ward              behind a router that looks at addresses alone
#   den               behind two restricted routers, one behind the other
#   clinic            a public address, and a firewall that lets only answers in
#   lounge, train     each behind a symmetric router, with IPv6 and a firewall
# shellcheck disable=SC2034 # its users read it
peers_behind_nat=(office laptop desktop phone box cafe hotel ward den clinic lounge train)

nat_network() { # [PEER...]: the server, the routers and the hosts, none of which has joined yet
  host_add server office
  router_add home restricted
  host_behind home laptop desktop
  router_add mobile restricted
  host_behind mobile phone
  router_add flat cone
  host_behind flat box
  router_add street symmetric
  host_behind street cafe
  router_add lobby symmetric
  host_behind lobby hotel
  router_add hospital address
  host_behind hospital ward
  router_add provider restricted
  router_behind provider attic restricted
  host_behind attic den
  host_add clinic
  firewalled clinic
  router_add airport symmetric
  router_add rail symmetric
  host_behind airport lounge
  host_behind rail train
  ipv6_behind airport rail
  succeed new_network
  succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
  succeed serve
}

nat_joins() { # PEER [OPTION...]: of the daemon
  succeed invite "$1" humans false
  succeed redeem "$1"
  start "$1" daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon "${@:2}"
}

connected() { # A B: as A sees it
  local key at
  while read -r key at; do
    if [ "$at" != 0 ] && [ "$key" = "${NAT_KEY[$2]:=$(key_of "$2")}" ]; then return; fi
  done < <(on "$1" wg show "$NETWORK" latest-handshakes)
  return 1
}
declare -A NAT_KEY=()

# Whether two can get through to each other without a relay: not if one is behind a symmetric router and the other behind one that lets in
# only whom it knows, with the port.
has_direct_way() { # A B
  local one other
  case "$1 $2" in 'lounge train' | 'train lounge') return 0 ;; esac
  for one in "$1 $2" "$2 $1"; do
    other=${one#* }
    case ${one% *} in
      cafe | hotel | lounge | train) case $other in office | box | ward) ;; *) return 1 ;; esac ;;
    esac
  done
}
