# shellcheck shell=bash
# A server that changes keys five seconds after its answer, as the Rust server does: an install must live with that.

if [ "$STAGE_FAMILY" = 6 ]; then server_ip=fd66::1 guest_ip=fd66:0:0:1::1 length=48; else server_ip=10.66.0.1 guest_ip=10.66.1.1 length=16; fi
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
  host_length=32; case $guest in *:*) host_length=128 ;; esac
  wg set "$network" private-key server.key listen-port "$port" peer "$(wg pubkey <guest.key)" allowed-ips "$guest/$host_length"
  case $ip in *:*) ip address add "$ip/$length" dev "$network" nodad ;; *) ip address add "$ip/$length" dev "$network" ;; esac
  ip link set "$network" mtu 1280 up
' prepare "$NETWORK" "$server_ip" "$guest_ip" "$length" "$PORT" "$STAGE_BACKEND"

peer() { # ID NAME IP CIDR_ID KEY REDEEMED
  printf '{"id":%d,"name":"%s","ip":"%s","cidr_id":%d,"public_key":"%s","endpoint":null,"persistent_keepalive_interval":25,"is_admin":false,"is_disabled":false,"is_redeemed":%s,"invite_expires":null,"candidates":[]}' "$@"
}
server_key=$(on server sh -c 'wg pubkey <server.key') guest_key=$(on server sh -c 'wg pubkey <guest.key')
printf '{"peers":[%s,%s],"cidrs":[{"id":1,"name":"%s","cidr":"%s","parent":null},{"id":2,"name":"innernet-server","cidr":"%s","parent":1},{"id":3,"name":"humans","cidr":"%s","parent":1}]}' \
  "$(peer 1 innernet-server "$server_ip" 2 "$server_key" true)" "$(peer 2 guest "$guest_ip" 3 "$guest_key" false)" \
  "$NETWORK" "$ROOT" "$server_ip/$([ "$STAGE_FAMILY" = 6 ] && echo 128 || echo 32)" "$HUMANS" >"$STAGE_DIR/peers.json"

cat >"$(invitation_file guest)" <<INVITATION
[interface]
network-name = "$NETWORK"
address = "$guest_ip/$length"
private-key = "$(on server cat guest.key)"

[server]
public-key = "$server_key"
external-endpoint = "$(bracketed "$(outside server "$STAGE_FAMILY")"):$PORT"
internal-endpoint = "$(bracketed "$server_ip"):$PORT"
INVITATION

start server slow python3 "$STAGE_DIR/slow_server.py" "$NETWORK" "$server_ip" "$PORT" "$STAGE_DIR/peers.json" 5
listens() { [ -n "$(on server ss -Hltn "sport = :$PORT")" ]; }
check_soon 'the slow server listens' 10 listens

began=$(now_ms)
redeem guest
exits 'install waits for the change of keys' 0
note "install took $(($(now_ms) - began)) ms, five seconds of them by the server's choice"
check 'the keys were changed' grep -q 'keys changed' "$(log_of server slow)"
check 'the tunnel works' on guest sh -c "ping -q -n -c 1 -W 2 $server_ip >/dev/null"
check 'the state was fetched with the new key' on guest grep -q innernet-server "/var/lib/innernet/$NETWORK.json"
client guest fetch "$NETWORK"
exits 'and fetch works, without capabilities' 0
