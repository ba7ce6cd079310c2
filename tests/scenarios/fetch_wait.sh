# shellcheck shell=bash
# `innernet fetch --wait` returns when the peers are reached, directly or by a relay, with a daemon and without one; and says who is not.

. tests/stage/nat.sh
host_add server
router_add home restricted
host_behind home laptop
router_add street symmetric
host_behind street cafe
router_add lobby symmetric
host_behind lobby hotel
succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve
nat_joins laptop
nat_joins hotel

succeed invite cafe humans false
succeed client cafe install "$(invitation_of cafe)" --default-name --delete-invite
# What a command says that waits for peers.
check 'an install does not wait for the two behind routers' not grep -q 'trying where else' <<<"$OUT"

waits() { # PEER SECONDS [OPTION...]: leaves OUT, STATUS and how long it took in TOOK
  local began
  began=$(now_ms)
  client "$1" fetch "$NETWORK" --wait --timeout "$2" "${@:3}"
  TOOK=$(($(now_ms) - began))
  note "$TOOK ms"
}
says() { grep -qF -- "$1" <<<"$OUT"; }
waits cafe 60
exits 'without a daemon it waits until all are reached' 0
check 'which is before its time' [ "$TOOK" -lt 50000 ]
check 'one is relayed' says '  hotel: relayed by innernet-server'
check 'the server is not' says '  innernet-server: directly'
check 'and it counts them' says "$NETWORK: 3 of 3 peers connected"
check 'a packet passes then' reaches cafe hotel
waits cafe 60
exits 'where all are reached' 0
check 'nothing is waited for' [ "$TOOK" -lt 5000 ]

# Beside a daemon, which looks for ways at the same time.
succeed client cafe down "$NETWORK"
start cafe daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon
check_soon 'a daemon brings it up again' 20 link_exists cafe
waits cafe 60
exits 'a command beside it waits, too' 0
check 'and says how the peers are reached' says '  hotel: relayed by innernet-server'
stop cafe daemon || :

# Who is away is known somewhere, and does not come.
stop hotel daemon || :
succeed client hotel down "$NETWORK"
succeed client cafe down "$NETWORK"
succeed client cafe up "$NETWORK" --no-nat-traversal
waits cafe 6
exits 'who is away makes it end with a status of its own' 4
check 'and is named' says '  hotel: not connected'
check 'in its time' [ "$TOOK" -lt 20000 ]
waits cafe 1 --json
exits 'so it does with JSON' 4
check 'which it prints all the same' says '"all_reached":false'
succeed server disable-peer "$NETWORK" --name hotel --yes
waits cafe 60
exits 'nobody waits for a peer that is disabled' 0
