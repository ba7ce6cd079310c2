# shellcheck shell=bash
# One machine in two networks, looked after by one daemon: each comes and goes without the other.

SECOND=second
if [ "$STAGE_FAMILY" = 6 ]; then SECOND_ROOT=fd67::/48 SECOND_CIDR=fd67:0:0:1::/64; else SECOND_ROOT=10.67.0.0/16 SECOND_CIDR=10.67.1.0/24; fi

network_of alice bob
server new --network-name "$SECOND" --network-cidr "$SECOND_ROOT" --listen-port 51821 --external-endpoint "$(bracketed "$(outside server "$STAGE_FAMILY")"):51821"
exits 'a second network on the server' 0
server add-cidr "$SECOND" --name all --cidr "$SECOND_CIDR" --parent "$SECOND" --yes
exits 'with a CIDR' 0
server add-peer "$SECOND" --name alice --cidr all --auto-ip --admin true --save-config shared/second.toml --invite-expires 14d --yes
exits 'and a peer' 0
start server serve-second innernet-server serve "${SERVER_OPTIONS[@]}" "$SECOND"
second_listens() { [ -n "$(on server ss -Hltn 'sport = :51821')" ]; }
check_soon 'is served beside the first' 20 second_listens
client alice install shared/second.toml --default-name
exits 'alice joins it, too' 0
client alice list
exits 'and lists both' 0 "$SECOND"

start alice daemon innernet "${CLIENT_OPTIONS[@]}" up --daemon --interval 1 --no-nat-traversal
looked_after() { on alice test -s "/var/lib/innernet/$1.daemon" && grep -q "looking after network $1" "$(log_of alice daemon)"; }
check_soon 'one daemon looks after the first' 10 looked_after "$NETWORK"
check_soon 'and the second' 10 looked_after "$SECOND"
in_second() { on alice ping -q -n -c 1 -W 1 "$(on server sed -n 's,^address = "\([^/"]*\).*,\1,p' "/etc/innernet-server/$SECOND.conf")" >/dev/null 2>&1; }
check_soon 'alice reaches bob in the first' 15 reaches alice bob
check_soon 'and the server in the second' 15 in_second

client alice down "$SECOND"
exits 'down says that the daemon keeps the network' 0 'daemon .process [0-9]+. keeps'
on alice mv "/etc/innernet/$SECOND.conf" "/etc/innernet/.$SECOND.conf"
ended() { grep -q "the config of $SECOND is gone" "$(log_of alice daemon)"; }
check_soon 'its config removed, the daemon lets go of the second network' 10 ended
server rename-peer "$NETWORK" --name bob --new-name robert --yes
exits 'a change in the first' 0
named_anew() { on alice grep -q "robert.$NETWORK.wg" /etc/hosts; }
check_soon 'still arrives' 10 named_anew
check 'alice reaches bob as before' reaches alice bob
check 'the daemon lives' running alice daemon

on alice mv "/etc/innernet/.$SECOND.conf" "/etc/innernet/$SECOND.conf"
taken_up() { [ "$(grep -c "looking after network $SECOND" "$(log_of alice daemon)")" = 2 ]; }
check_soon 'its config back, the daemon looks after the second again' 15 taken_up
check_soon 'and brings it up' 15 in_second

on alice rm "/etc/innernet/$NETWORK.conf" "/etc/innernet/$SECOND.conf"
daemon_ended() { ! running alice daemon; }
check_soon 'with both configs removed it ends' 15 daemon_ended
check 'with exit 0' stop alice daemon
