# shellcheck shell=bash
# Somebody deletes the interface of a running server: it comes back with everything on it.

network_of alice bob
succeed client alice fetch "$NETWORK" --no-nat-traversal
check_soon 'bob reaches the server' 10 reaches bob server
index() { on server cat "/sys/class/net/$NETWORK/ifindex"; }
if [ "$INNERNET_SERVER_KIND" = ours ]; then
  before=$(index)
  on server ip link delete "$NETWORK"
  came_back() { local now; now=$(index 2>/dev/null) && [ "$now" != "$before" ] && api_listens; }
  check_soon 'the interface comes back' 20 came_back
  check 'serve is the same process' running server serve
  check 'with both peers' test "$(on server wg show "$NETWORK" peers | wc -l)" = 2
  # A peer's session died with the device; its next packets make a new one.
  check_soon 'bob reaches the server' 30 reaches bob server
  client bob fetch "$NETWORK" --no-nat-traversal
  exits 'and fetches' 0
fi

on alice ip link delete "$NETWORK"
check_soon 'a peer has lost its interface' 5 not link_exists alice
client alice fetch "$NETWORK"
exits 'fetch says that it is not up' 1
client alice up "$NETWORK" --no-nat-traversal
exits 'up makes it anew' 0
check_soon 'and it works' 15 reaches alice server

if [ "$INNERNET_KIND" = ours ]; then
  start alice daemon innernet up "$NETWORK" --daemon --no-nat-traversal
  looked_after() { on alice test -s "/var/lib/innernet/$NETWORK.daemon" && grep -q 'looking after' "$(log_of alice daemon)"; }
  check_soon 'a daemon looks after it' 10 looked_after
  # The first round is over when the network can be locked.
  succeed client alice fetch "$NETWORK" --no-nat-traversal
  for way in "innernet down $NETWORK" "ip link delete $NETWORK"; do
    before=$(on alice cat "/sys/class/net/$NETWORK/ifindex")
    # shellcheck disable=SC2086
    run alice $way
    exits "$way, with a daemon" 0 "$([[ $way != *down* ]] || printf "daemon .process [0-9]+. keeps")"
    is_anew() { local now; now=$(on alice cat "/sys/class/net/$NETWORK/ifindex" 2>/dev/null) && [ "$now" != "$before" ]; }
    check_soon 'brings it back long before the minute is over' 20 is_anew
  done
  check 'the daemon ends at SIGTERM with exit 0' stop alice daemon
fi
