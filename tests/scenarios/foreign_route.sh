# shellcheck shell=bash
# Whoever runs the LAN hands out a more specific route to the server's inside address (TunnelVision, CVE-2024-3661) and answers there. Nothing
# of that is believed, and nothing is told to him.

network_of alice
host_add mallory bob

server_ip=$(inside server)
mallory_key=$(wg genkey | wg pubkey)
python3 - "$mallory_key" "$STAGE_DIR/state.json" <(on alice cat "/var/lib/innernet/$NETWORK.json") <<'PYTHON'
import json, sys
key, out, store = sys.argv[1:]
with open(store, encoding="utf-8") as file:
    state = json.load(file)
alice = next(peer for peer in state["peers"] if peer["name"] == "alice")
before, last = alice["ip"][:-1], int(alice["ip"][-1])
state["peers"].append(dict(alice, id=99, name="mallory", ip=f"{before}{last + 7}", public_key=key, is_admin=False))
with open(out, "w", encoding="utf-8") as file:
    json.dump({"peers": state["peers"], "cidrs": state["cidrs"]}, file)
PYTHON
heard=$STAGE_DIR/shared/heard
cp tests/stage/stranger.py "$STAGE_DIR/"
on mallory ip address add "$server_ip" dev lo
start mallory stranger python3 "$STAGE_DIR/stranger.py" "$PORT" "$STAGE_DIR/state.json" "$heard"
hand_out_route() { on "$1" ip route add "$server_ip" via "$(outside mallory "$STAGE_FAMILY")" dev eth0; }   # HOST
asks_the_stranger() { on alice curl -gs -m 5 "http://$(bracketed "$server_ip"):$PORT/v1/user/state" | grep -qF "$mallory_key"; }
unheard() { [ ! -s "$heard" ]; }
unknown() { ! on "$1" wg show "$NETWORK" peers 2>/dev/null | grep -qF "$mallory_key" && ! on "$1" grep -q mallory /etc/hosts; }   # HOST

for host in alice bob; do hand_out_route "$host"; done
check_soon 'whoever follows the route gets to the stranger' 10 asks_the_stranger
: >"$heard"
succeed invite bob humans false

client bob install "$(invitation_of bob)" --default-name --no-nat-traversal
exits 'an install' 0 "$([ "$INNERNET_KIND" != ours ] || printf installed)"
client alice fetch "$NETWORK" --no-nat-traversal
exits 'a fetch' 0
check 'is answered by the server' on alice grep -q bob /etc/hosts
client alice rename-peer "$NETWORK" --name bob --new-name robert --yes
exits 'a change by an admin' 0
client bob fetch "$NETWORK" --no-nat-traversal
check 'reaches the server' on bob grep -q robert /etc/hosts

start alice daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon --interval 5 --no-nat-traversal
has_robert() { on alice grep -q robert /etc/hosts; }
check_soon 'a daemon gets its state from the server' 20 has_robert
on alice ip link delete "$NETWORK"
up_again() { on alice ping -q -n -c 1 -W 1 -I "$NETWORK" "$server_ip" >/dev/null 2>&1; }
check_soon 'and brings the interface back' 30 up_again
succeed server rename-peer "$NETWORK" --name robert --new-name rob --yes
has_rob() { on alice grep -qw rob /etc/hosts; }
check_soon 'and goes on' 30 has_rob
stop alice daemon || :

stop server serve || :
client alice fetch "$NETWORK" --no-nat-traversal
exits 'without the server it goes on with what it has' 0 'last fetch'

# Down, the interface has no route of its own to win: all of them lead to the stranger.
on alice ip link delete "$NETWORK"
if [ "$INNERNET_KIND" = ours ]; then
  for change in 'rename-peer --name rob --new-name mallory --yes' 'disable-peer --name rob --yes' list-associations; do
    # shellcheck disable=SC2086
    client alice $change "$NETWORK"
    exits "with the interface down, ${change%% *} refuses" 1 "innernet up $NETWORK"
  done
fi
for host in alice bob; do check "$host does not know the stranger" unknown "$host"; done
check 'and he was told nothing' unheard
