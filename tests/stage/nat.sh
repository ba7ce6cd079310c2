# shellcheck shell=bash
# Routers that translate addresses, for a stage. Needs stage.sh.
#
#   router_add NAME KIND         plugs a router in, with a LAN of its own behind it:
#                                cone        a packet from anybody comes through to the host behind it (one host; RFC 4787: endpoint-independent filtering)
#                                restricted  only from where the host has sent something to, the port included (what home routers do)
#                                symmetric   the same, and each destination sees another port
#   host_behind ROUTER NAME...   plugs hosts into that LAN
#
# Hosts behind a router have IPv4 only, and no way from the outside but what the router lets in.

router_lan() { printf '192.168.%d' "${STAGE_NUMBER[$1]}"; }   # ROUTER: the first three numbers of its LAN

router_add() { # NAME KIND
  local flag='' forward=drop
  host_add "$1"
  on "$1" ip -6 address flush dev eth0
  on "$1" ip link add lan0 type bridge forward_delay 0
  on "$1" ip address add "$(router_lan "$1").1/24" dev lan0
  on "$1" ip link set lan0 up
  on "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  case $2 in
    cone) forward='accept' ;;
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
  chain to_the_router { type filter hook input priority filter; iifname "eth0" ct state new drop; }
  chain through { type filter hook forward priority filter; iifname "eth0" ct state new $forward; }
}
RULES
}

host_behind() { # ROUTER NAME...
  local router=$1 name number
  shift
  for name; do
    number=$((${#STAGE_NUMBER[@]} + 1))
    STAGE_NUMBER["$name"]=$number
    host_home "$name"
    stage_spawn "$name"
    # In the router's network, but with this machine's process ids.
    nsenter --target "${STAGE_PID[$router]}" --net -- ip link add "port$number" type veth peer name eth0 netns "${STAGE_PID[$name]}"
    on "$name" ip address add "$(router_lan "$router").$number/24" dev eth0
    on "$name" ip link set eth0 up
    on "$router" ip link set "port$number" master lan0 up
    on "$name" ip route add default via "$(router_lan "$router").1"
    [ "$(on "$router" nft list chain ip filter through | grep -c 'state new accept')" = 0 ] ||
      on "$router" nft add rule ip nat in iifname eth0 udp dport 1024-65535 dnat to "$(router_lan "$router").$number"
  done
}

# A network whose peers sit in all kinds of places. Each joins when those before it are there and run daemons: `peers_behind_nat` lists them in
# that order, `nat_joins PEER` lets one join, `connected A B` says whether the two have exchanged keys. Needs network.sh.
#
#   office            a public address
#   laptop, desktop   on one LAN, behind one restricted router
#   phone             behind another restricted router
#   box               behind a cone
#   cafe, hotel       each behind a symmetric router
# shellcheck disable=SC2034 # its users read it
peers_behind_nat=(office laptop desktop phone box cafe hotel)

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
# only whom it knows.
has_direct_way() { # A B
  case "$1 $2" in
    *cafe*hotel* | *hotel*cafe*) return 1 ;;
    *cafe* | *hotel*) case "$1 $2" in *office* | *box*) return 0 ;; *) return 1 ;; esac ;;
  esac
}
