# shellcheck shell=bash
# A server made by hand, which says what a test wants (slow_server.py), and its guest, who has an invitation. Needs network.sh.
#
#   by_hand_prepare                     hosts `server` and `guest`, the server's interface, the guest's invitation; sets by_hand_server_ip and by_hand_guest_ip
#   by_hand_peer ID NAME IP [ENDPOINT]  prints a peer of its state, of the humans and with a key that nobody has
#   by_hand_serve SECONDS [PEER...]     starts it: with those peers beside the two, and keys that change so long after its answer

by_hand_prepare() {
  local length host_length
  if [ "$STAGE_FAMILY" = 6 ]; then by_hand_server_ip=fd66::1 by_hand_guest_ip=fd66:0:0:1::1 length=48 host_length=128
  else by_hand_server_ip=10.66.0.1 by_hand_guest_ip=10.66.1.1 length=16 host_length=32; fi
  host_add server guest
  cp tests/stage/slow_server.py "$STAGE_DIR/"
  # shellcheck disable=SC2016 # expanded by the shell on the host
  on server bash -c '
    set -eu
    umask 077
    network=$1 ip=$2 guest=$3 length=$4 port=$5 backend=$6
    wg genkey >server.key
    wg genkey >guest.key
    if [ "$backend" = userspace ]; then wireguard-go "$network" >/dev/null 2>&1; else ip link add "$network" type wireguard; fi
    wg set "$network" private-key server.key listen-port "$port" peer "$(wg pubkey <guest.key)" allowed-ips "$guest"
    case $ip in *:*) ip address add "$ip/$length" dev "$network" nodad ;; *) ip address add "$ip/$length" dev "$network" ;; esac
    ip link set "$network" mtu 1280 up
  ' prepare "$NETWORK" "$by_hand_server_ip" "$by_hand_guest_ip/$host_length" "$length" "$PORT" "$STAGE_BACKEND"
  by_hand_server_key=$(on server sh -c 'wg pubkey <server.key')
  cat >"$(invitation_file guest)" <<INVITATION
[interface]
network-name = "$NETWORK"
address = "$by_hand_guest_ip/$length"
private-key = "$(on server cat guest.key)"

[server]
public-key = "$by_hand_server_key"
external-endpoint = "$(bracketed "$(outside server "$STAGE_FAMILY")"):$PORT"
internal-endpoint = "$(bracketed "$by_hand_server_ip"):$PORT"
INVITATION
}

by_hand_json() { # ID NAME IP CIDR_ID KEY REDEEMED ENDPOINT
  printf '{"id":%d,"name":"%s","ip":"%s","cidr_id":%d,"public_key":"%s","endpoint":%s,"persistent_keepalive_interval":25,"is_admin":false,"is_disabled":false,"is_redeemed":%s,"invite_expires":null,"candidates":[]}' \
    "$1" "$2" "$3" "$4" "$5" "${7:-null}" "$6"
}

by_hand_peer() { by_hand_json "$1" "$2" "$3" 3 "$(wg genkey | wg pubkey)" true "${4:+\"$4\"}"; }

by_hand_serve() { # SECONDS [PEER...]
  local peers state=$STAGE_DIR/peers.json seconds=$1
  peers=$(by_hand_json 1 innernet-server "$by_hand_server_ip" 2 "$by_hand_server_key" true),$(
    by_hand_json 2 guest "$by_hand_guest_ip" 3 "$(on server sh -c 'wg pubkey <guest.key')" false)
  shift
  for peer; do peers+=,$peer; done
  printf '{"peers":[%s],"cidrs":[{"id":1,"name":"%s","cidr":"%s","parent":null},{"id":2,"name":"innernet-server","cidr":"%s","parent":1},{"id":3,"name":"humans","cidr":"%s","parent":1}]}' \
    "$peers" "$NETWORK" "$ROOT" "$by_hand_server_ip/$([ "$STAGE_FAMILY" = 6 ] && echo 128 || echo 32)" "$HUMANS" >"$state"
  start server slow python3 "$STAGE_DIR/slow_server.py" "$NETWORK" "$by_hand_server_ip" "$PORT" "$state" "$seconds"
  eventually 10 api_of_by_hand_listens
}
api_of_by_hand_listens() { [ -n "$(on server ss -Hltn "sport = :$PORT")" ]; }
