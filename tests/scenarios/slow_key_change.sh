# shellcheck shell=bash
# A server that changes keys five seconds after its answer, as the Rust server does: an install must live with that.

. tests/stage/by_hand.sh
by_hand_prepare
check 'the slow server listens' by_hand_serve 5

began=$(now_ms)
redeem guest
exits 'install waits for the change of keys' 0
note "install took $(($(now_ms) - began)) ms, five seconds of them by the server's choice"
check 'the keys were changed' grep -q 'keys changed' "$(log_of server slow)"
# shellcheck disable=SC2154 # by_hand.sh sets it
check 'the tunnel works' on guest sh -c "ping -q -n -c 1 -W 2 $by_hand_server_ip >/dev/null"
check 'the state was fetched with the new key' on guest grep -q innernet-server "/var/lib/innernet/$NETWORK.json"
client guest fetch "$NETWORK"
exits 'and fetch works, without capabilities' 0
