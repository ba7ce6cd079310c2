# shellcheck shell=bash
# A Rust client (INNERNET_UPSTREAM) gets through a relay on a peer's machine, in a network whose server is none.

. tests/stage/nat.sh
upstream_userspace
CLIENT_OPTIONS=(--backend userspace)
serve_command() { printf '%s\n' innernet-server serve "${SERVER_OPTIONS[@]}" "$NETWORK" --no-relay; }

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
start office daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon
client office set-relay "$NETWORK" --name office --yes
exits 'a peer is made a relay' 0 'office is a relay'
nat_joins hotel
# On this host alone.
on cafe mount --bind "$(realpath "$INNERNET_UPSTREAM")/innernet" "$STAGE_DIR/bin/innernet"
client cafe --version
note "$OUT"
nat_joins cafe --interval 2
check_soon 'the Rust client reaches the peer' 150 reaches cafe hotel
check 'and is reached' reaches hotel cafe
through_relay() { on cafe wg show "$NETWORK" endpoints | grep -F "$(key_of hotel)" | grep -q "$(outside office):"; }
check 'through the relay of the office' through_relay
