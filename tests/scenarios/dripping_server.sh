# shellcheck shell=bash
# A server that never ends an answer keeps a fetch waiting, and nobody else.

network_of alice
stop server serve || :
cp tests/stage/dripping_server.py "$STAGE_DIR/"
start server drip python3 "$STAGE_DIR/dripping_server.py" "$(inside server)" "$PORT"
listens() { [ -n "$(on server ss -Hltn "sport = :$PORT")" ]; }
check_soon 'the server drips' 10 listens

start alice daemon innernet "${CLIENT_OPTIONS[@]}" up --daemon --interval 5 --no-nat-traversal "$NETWORK"
waits() { [ -n "$(on alice ss -Htn state established "dport = :$PORT")" ]; }
check_soon 'the daemon waits for its answer' 10 waits
began=$(now_ms)
client alice set-listen-port "$NETWORK" --listen-port 51999 --yes
exits 'the port can be changed meanwhile' 0
client alice down "$NETWORK"
exits 'the network be taken down' 0 'is down'
client alice uninstall "$NETWORK" --yes
exits 'and left' 0
check 'all that without waiting' test $(($(now_ms) - began)) -lt 5000
check_soon 'the daemon lets go of it' 30 not running alice daemon
check 'and leaves nothing' no_files_of_network alice /etc/innernet /var/lib/innernet
