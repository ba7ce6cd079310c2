# shellcheck shell=bash
# A network whose database is PostgreSQL, and two servers of it: one serves, the other one stands by, and takes over when the first one dies, is cut off or
# steps down. What was acknowledged is there, and peers lose no packet.

# shellcheck source=tests/stage/postgresql.sh
. tests/stage/postgresql.sh

new_network() {
  server new --network-name "$NETWORK" --network-cidr "$ROOT" --listen-port "$PORT" \
    --external-endpoint "$(bracketed "$(outside server "$STAGE_FAMILY")"):$PORT" --database "$(database_url database)"
}
standby() { run standby innernet-server "${SERVER_OPTIONS[@]}" "$@"; }
at() { # HOST LABEL TEXT: it has said so
  grep -qF "$3" "$(log_of "$1" "$2")"
}
serves() { [ -n "$(on "$1" ss -Hltn "sport = :$PORT")" ]; }   # HOST
lists() { # PATTERN: list-servers says so
  server list-servers "$NETWORK"
  grep -qE "$1" <<<"$OUT"
}
daemon() { # PEER
  start "$1" daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon --interval 5
}

server_address=$(sed 's|0\.0/.*|0.1|; s|::/.*|::1|' <<<"$ROOT")
has_a_server() { on "$1" ping -q -n -c 1 -W 1 "$server_address" >/dev/null 2>&1; }   # PEER

postgresql_add database
host_add server standby alice bob
succeed new_network
check 'new says where the database is' grep -qF "postgresql://$(outside database):5432/innernet" <<<"$OUT"
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve

server list-servers "$NETWORK"
exits 'there is one server' 0 '^server-1 .* active for'
server step-down "$NETWORK" --yes
exits 'which does not step down for nobody' 1 'no other server stands by'
server add-server "$NETWORK" --name standby --endpoint "$(outside standby):$PORT" --save-config shared/standby.toml
exits 'a second one is added' 0 'join standby.toml'
check 'by a file that nobody else can read' test "$(stat -c %a "$STAGE_DIR/shared/standby.toml")" = 600
standby join shared/standby.toml
exits 'with which it joins' 0 "^this machine is server standby of $NETWORK"
standby join shared/standby.toml
exits 'once' 1 'has a network'
start standby serve innernet-server serve "${SERVER_OPTIONS[@]}" "$NETWORK"
check_soon 'it stands by' 20 at standby serve 'standing by'
check 'and has no interface' not link_exists standby
check_soon 'list-servers shows both' 10 lists '^standby .* standing by'

admin=true
for peer in alice bob; do
  succeed invite "$peer" humans "$admin"
  succeed redeem "$peer"
  admin=false
done
daemon alice
daemon bob
check_soon 'alice reaches bob' 20 reaches alice bob
ping_until_finished alice bob & pings=$!

# The active server dies.
died=$(now_ms)
stop server serve KILL || :
check_soon 'the other one takes over' 20 serves standby
note "after $(($(now_ms) - died)) ms"
check_soon 'alice has a server again' 60 has_a_server alice
note "after $(($(now_ms) - died)) ms"

client alice rename-peer "$NETWORK" --name bob --new-name robert --yes
exits 'which takes changes' 0
check_soon 'list-servers says who serves' 20 lists '^standby .* active for'
check_soon 'and who is away' 40 lists '^server-1 .* away'
succeed server list-peers "$NETWORK"
check 'what was acknowledged is there' grep -q robert <<<"$OUT"

# It comes back, and takes over in peace.
start server again innernet-server serve "${SERVER_OPTIONS[@]}" "$NETWORK"
check_soon 'who comes back stands by' 20 at server again 'standing by'
check 'and takes away the interface that it has left' not link_exists server
check_soon 'which is known after a moment' 20 lists '^server-1 .* standing by'
standby step-down "$NETWORK" --yes
exits 'the active one can be told to step down' 0
check_soon 'it does' 20 at standby serve 'stepping down'
check_soon 'and the other one takes over' 20 serves server
check_soon 'its interface is gone' 20 not link_exists standby
check_soon 'it stands by again' 20 lists '^standby .* standing by'
check_soon 'alice has a server again' 60 has_a_server alice
check_soon 'and bob' 60 has_a_server bob

# The database is away.
postgresql_kill database
check_soon 'a server without its database says so' 30 at server again 'it is tried again'
client alice rename-peer "$NETWORK" --name robert --new-name bob --yes
exits 'changes are refused, with what is the matter' 1 "can't reach its database"
client alice fetch "$NETWORK"
exits 'peers are answered all the same' 0
check 'and by the server' not grep -q 'cached' <<<"$OUT"
postgresql_start database
check_soon 'it is reached again' 30 at server again 'is reached again'
client alice rename-peer "$NETWORK" --name robert --new-name bob --yes
exits 'and takes changes' 0

# The cable between the active server and the database is cut: no end of a session is told.
on server nft -f - <<RULES
table inet cut {
  chain in { type filter hook input priority -5; ip saddr $(outside database) drop; }
  chain out { type filter hook output priority -5; ip daddr $(outside database) drop; }
}
RULES
cut=$(now_ms)
check_soon 'the other one takes over' 60 serves standby
note "after $(($(now_ms) - cut)) ms"
on server nft delete table inet cut
check_soon 'who was cut off finds that another one serves' 60 at server again 'another server has taken over'
check_soon 'takes its interface down' 30 not link_exists server
check_soon 'and stands by' 30 lists '^server-1 .* standing by'
check_soon 'alice has a server again' 60 has_a_server alice
client alice rename-peer "$NETWORK" --name bob --new-name robert --yes
exits 'which takes changes' 0

on alice touch finished
wait "$pings" || :
run alice tail -n 3 ping-bob
check 'no packet between the peers was lost in any of it' lost_none alice bob

server remove-server "$NETWORK" --name standby --yes
exits 'the active server is not removed' 1 'is the active server'
server uninstall "$NETWORK" --yes
exits 'one that is uninstalled leaves the network to the other' 0 'and goes on'
standby remove-server "$NETWORK" --name server-1 --yes
exits 'and is removed there' 0
check_soon 'alice has a server all the time' 30 has_a_server alice
client alice fetch "$NETWORK"
exits 'which answers' 0
