# shellcheck shell=bash
# The server restarts, in peace and by force, and no packet of the tunnels is lost; and it ends when its network is uninstalled.

network_of alice bob
succeed client alice fetch "$NETWORK"
check_soon 'alice reaches bob' 10 reaches alice bob

ping_until_finished alice server & first=$!
ping_until_finished alice bob & second=$!
endpoints() { on server wg show "$NETWORK" endpoints | sort; }
endpoint=$(endpoints)

status=0
stop server serve || status=$?
if [ "$INNERNET_SERVER_KIND" = ours ]; then check 'serve ends at SIGTERM with exit 0' test "$status" = 0; fi
check 'the interface stays up' link_exists server
succeed serve
check 'sessions and endpoints survive' test "$endpoint" = "$(endpoints)"
stop server serve KILL || :
succeed serve
check 'a restart after SIGKILL works as well' test "$endpoint" = "$(endpoints)"
client bob fetch "$NETWORK" --no-nat-traversal
exits 'peers fetch from the new server' 0
for to in server bob; do
  answers() { [ "$(on alice grep -c icmp_seq "ping-$to")" -ge 20 ]; }
  check_soon "twenty pings to $to were answered" 15 answers
done
on alice touch finished
wait "$first" "$second" || :
for to in server bob; do
  run alice tail -n 3 "ping-$to"
  check "no packet to $to was lost" lost_none alice "$to"
done

if [ "$INNERNET_SERVER_KIND" = ours ]; then
  run server timeout 10 innernet-server serve "${SERVER_OPTIONS[@]}" "$NETWORK"
  exits 'a second serve refuses' 1
  check 'and does no harm' reaches alice server

  server uninstall "$NETWORK" --yes
  exits 'a network can be uninstalled while it is served' 0
  check_soon 'serve sees it' 15 not running server serve
  ends_with() { local status=0; stop server serve || status=$?; [ "$status" = "$1" ]; }
  check 'and ends with the exit status after which no service is started again' ends_with 3
  check 'without an interface' not link_exists server
  check 'and without a file of the network' no_files_of_network server /etc/innernet-server /var/lib/innernet-server
fi
