# shellcheck shell=bash
# Somebody else sets the WireGuard interfaces: `wg`, a network manager, a client that was given the server's key. What they took comes back.

network_of alice bob
succeed client alice fetch "$NETWORK" --no-nat-traversal
check_soon 'bob reaches the server' 10 reaches bob server
server_key=$(key_of server) alice_key=$(key_of alice) bob_key=$(key_of bob)
on_device() { grep -qF "$1" <(on server wg show "$NETWORK" peers); }
is_as_before() { # HOST KEY PEERS
  [ "$(key_of "$1")" = "$2" ] && [ "$(on "$1" wg show "$NETWORK" peers | wc -l)" = "$3" ]
}
has_port() { [ "$(on "$1" wg show "$NETWORK" listen-port)" = "$2" ]; }

on server wg set "$NETWORK" peer "$bob_key" remove
check_soon 'a peer that was removed from the running server is back' 15 on_device "$bob_key"
check 'which the server has said once' test "$(grep -c 'somebody else has changed peers' "$(log_of server serve)")" = 1
check_soon 'and bob reaches it' 30 reaches bob server

on server wg set "$NETWORK" listen-port 0
check_soon 'so is its port' 15 has_port server "$PORT"
check_soon 'and bob reaches it' 30 reaches bob server

printf '[Interface]\nListenPort = 4711\n' >"$(invitation_file other)"
on server wg syncconf "$NETWORK" "$(invitation_of other)"
check_soon 'so are key and peers, after wg syncconf' 15 is_as_before server "$server_key" 2
check 'serve is the same process' running server serve
check_soon 'and alice reaches it' 30 reaches alice server

on server mkdir -p /etc/innernet
on server sh -c "umask 077; cat >/etc/innernet/$NETWORK.conf" <<CONFIG
[interface]
network-name = "$NETWORK"
address = "$(inside server)/${ROOT#*/}"
private-key = "$(on server wg show "$NETWORK" private-key)"

[server]
public-key = "$server_key"
external-endpoint = "$(bracketed "$(outside server "$STAGE_FAMILY")"):$PORT"
internal-endpoint = "$(bracketed "$(inside server)"):$PORT"
CONFIG
client server up "$NETWORK" --no-nat-traversal
exits "a client with the server's key refuses to do anything" 1 "private key of the network's server"
check 'and leaves the peers alone' on_device "$alice_key"
on server rm "/etc/innernet/$NETWORK.conf"

start alice daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon --interval 1 --no-nat-traversal
looked_after() { on alice test -s "/var/lib/innernet/$NETWORK.daemon" && grep -q 'looking after' "$(log_of alice daemon)"; }
check_soon 'a daemon looks after the interface of alice' 10 looked_after
# Its first round is over when the network can be locked.
succeed client alice fetch "$NETWORK" --no-nat-traversal
on alice wg syncconf "$NETWORK" "$(invitation_of other)"
check_soon 'which it puts right, too' 20 is_as_before alice "$alice_key" 2
on alice sh -c "umask 077; wg genkey >stranger.key && wg set $NETWORK private-key stranger.key peer $server_key remove"
check_soon 'also when it has the key of somebody else' 20 is_as_before alice "$alice_key" 2
check_soon 'and alice reaches the server' 30 reaches alice server
check 'the daemon ends at SIGTERM with exit 0' stop alice daemon

if [ "$INNERNET_SERVER_KIND" = ours ]; then
  stop server serve || :
  on server sh -c "umask 077; wg genkey >stranger.key && wg set $NETWORK private-key stranger.key"
  server disable-peer "$NETWORK" --name bob --yes
  exits "a command of the server leaves an interface with another key alone" 0 "does not have this network's key"
  check 'with all its peers' on_device "$bob_key"
fi
