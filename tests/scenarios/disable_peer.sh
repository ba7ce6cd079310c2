# shellcheck shell=bash
# A peer that is disabled is cut off from the server at once, by whichever program it was disabled, and comes back when enabled.

network_of alice bob carol
succeed client alice fetch "$NETWORK" --no-nat-traversal
check_soon 'bob reaches the server' 10 reaches bob server
check_soon 'carol reaches the server' 10 reaches carol server
bob_key=$(key_of bob) carol_key=$(key_of carol)

on_device() { grep -qF "$1" <(on server wg show "$NETWORK" peers); }

# Locks, that a user takes who may only read, hold up nobody.
for host in server alice; do
  start "$host" reader setpriv --reuid 65534 --regid 65534 --clear-groups flock /etc sleep infinity
  check_soon "a user of $host locks /etc" 10 not on "$host" flock --nonblock /etc true
done

client alice disable-peer "$NETWORK" --name bob --yes
exits 'an admin disables bob' 0
if [ "$INNERNET_SERVER_KIND" = ours ]; then
  check_soon 'which takes his key from the device at once' 2 not on_device "$bob_key"
  check 'and his packets are dropped' never_reaches bob server
fi
client bob fetch "$NETWORK" --no-nat-traversal
check 'his fetch gets nothing new' grep -qiE 'unauthori|401|reach|answer|cache|timed out|disabled' <<<"$OUT"

server disable-peer "$NETWORK" --name carol --yes
exits 'the server disables carol' 0
check_soon 'which takes her key from the device at once' 2 not on_device "$carol_key"
check 'and her packets are dropped' never_reaches carol server
client alice fetch "$NETWORK" --no-nat-traversal
exits 'a peer who fetches drops both' 0
check 'from her interface' test "$(on alice wg show "$NETWORK" peers | wc -l)" = 1
check 'and from her hosts file' not on alice grep -qE 'bob|carol' /etc/hosts

client alice enable-peer "$NETWORK" --name bob --yes
exits 'the admin enables bob' 0
server enable-peer "$NETWORK" --name carol --yes
exits 'the server enables carol' 0
check_soon 'bob is back' 15 reaches bob server
check_soon 'carol is back' 15 reaches carol server
client bob fetch "$NETWORK" --no-nat-traversal
exits 'bob fetches again' 0

if [ "$INNERNET_SERVER_KIND" = ours ]; then
  client alice disable-peer "$NETWORK" --name innernet-server --yes
  exits 'nobody can disable the server' 1
  server disable-peer "$NETWORK" --name innernet-server --yes
  exits 'not even itself' 1
  server disable-peer "$NETWORK" --name nobody --yes
  exits 'an unknown peer is an error' 1
fi
