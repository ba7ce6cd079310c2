# shellcheck shell=bash
# A Rust client (INNERNET_UPSTREAM) that knows no relays gets through one all the same, behind a symmetric router, to a peer behind another.

. tests/stage/nat.sh
upstream_userspace
CLIENT_OPTIONS=(--backend userspace)
nat_network
nat_joins hotel
# On this host alone.
on cafe mount --bind "$(realpath "$INNERNET_UPSTREAM")/innernet" "$STAGE_DIR/bin/innernet"
client cafe --version
note "$OUT"
nat_joins cafe --interval 2
check_soon 'the Rust client reaches the peer' 90 reaches cafe hotel
check 'and is reached' reaches hotel cafe
through_relay() { on cafe wg show "$NETWORK" endpoints | grep -F "$(key_of hotel)" | grep -q "$(outside server):$((PORT + 1))\$"; }
check 'through the relay' through_relay
