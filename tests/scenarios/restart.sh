# shellcheck shell=bash
# The server restarts, in peace and by force, no packet of the tunnels is lost, and nobody is told again what they know; and it ends when its
# network is uninstalled.

network_of alice bob
succeed client alice fetch "$NETWORK"
check_soon 'alice reaches bob' 10 reaches alice bob

ping_until_finished alice server & first=$!
ping_until_finished alice bob & second=$!
endpoints() { on server wg show "$NETWORK" endpoints | sort; }
endpoint=$(endpoints)
ask() { # ETAG [CURL OPTION...]: the head of the answer when alice asks for the state
  on alice curl -gs -m 20 -o /dev/null -D - -H "X-Innernet-Server-Key: $(key_of server)" -H "If-None-Match: $1" "${@:2}" \
    "http://$(bracketed "$(inside server)"):$PORT/v1/user/state" | tr -d '\r'
}
is_news() { [ "$(ask "$etag" "$@" | sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p')" != 304 ]; }
# A relay that was started anew has forgotten its flows, which has to be told. Nothing else has.
only_the_relay_is_news() {
  local answer
  answer=$(on alice curl -gs -m 20 -H "X-Innernet-Server-Key: $(key_of server)" -H "If-None-Match: $etag" -H 'A-IM: innernet' \
    "http://$(bracketed "$(inside server)"):$PORT/v1/user/state")
  grep -q '"peers":\[\]' <<<"$answer" && grep -q '"epoch":' <<<"$answer" && ! grep -q '"cidrs"' <<<"$answer"
}
# What the clients tell of themselves has come in.
knows_all() { etag=$(ask '"none"' | sed -n 's/^ETag: //p'); [ -n "$etag" ] && not is_news -H 'Prefer: wait=3'; }
if [ "$INNERNET_SERVER_KIND" = ours ]; then check_soon 'nothing is news after a while' 60 knows_all; fi

status=0
stop server serve || status=$?
if [ "$INNERNET_SERVER_KIND" = ours ]; then check 'serve ends at SIGTERM with exit 0' test "$status" = 0; fi
check 'the interface stays up' link_exists server
succeed serve
check 'sessions and endpoints survive' test "$endpoint" = "$(endpoints)"
if [ "$INNERNET_SERVER_KIND" = ours ]; then check_soon 'what a peer knows is no news' 10 only_the_relay_is_news; fi
stop server serve KILL || :
succeed serve
check 'a restart after SIGKILL works as well' test "$endpoint" = "$(endpoints)"
if [ "$INNERNET_SERVER_KIND" = ours ]; then check_soon 'and is no news either' 10 only_the_relay_is_news; fi
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
  take_port() { # PORT: for the config, and a reload
    on server sed -i "s/^listen-port = .*/listen-port = $1/" "/etc/innernet-server/$NETWORK.conf"
    # shellcheck disable=SC2016 # expanded by the shell on the host
    on server sh -c 'kill -HUP $(cat /run/stage-serve.pid)'
  }
  said() { grep -qE "$1" "$(log_of server serve)"; }
  start server taker python3 -c 'import socket, time; taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); taken.bind(("", 51999)); time.sleep(1000)'
  is_taken() { [ -n "$(on server ss -Hlun 'sport = :51999')" ]; }
  check_soon 'somebody has a UDP port' 10 is_taken
  take_port 51999
  check_soon 'a reload with that port says so' 10 said "listen-port 51999: .*going on with $PORT"
  check 'the device stays on its own' test "$(on server wg show "$NETWORK" listen-port)" = "$PORT"
  check 'and so does the API' api_listens
  check 'nobody notices' reaches alice server
  take_port 51998
  check_soon 'one that is free is taken' 10 said 'listening on .*:51998'
  check 'by the device, too' test "$(on server wg show "$NETWORK" listen-port)" = 51998
  take_port "$PORT"
  check_soon 'and the old one again' 10 api_listens
  check_soon 'on which the server is reached' 30 reaches alice server

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

  # Another network takes its name before serve could notice anything.
  succeed new_network
  succeed serve
  # shellcheck disable=SC2016 # expanded by the shell on the host
  on server sh -c 'kill -STOP $(cat /run/stage-serve.pid)'
  on server rm -r /etc/innernet-server /var/lib/innernet-server
  on server ip link delete "$NETWORK"
  link_is_gone() { not link_exists server; }
  eventually 10 link_is_gone
  succeed new_network
  # shellcheck disable=SC2016
  on server sh -c 'kill -CONT $(cat /run/stage-serve.pid)'
  # nsenter stops with its child.
  kill -CONT "$(tr -d ' ' <"/proc/${STAGE_JOB["server serve"]}/task/${STAGE_JOB["server serve"]}/children")"
  check_soon 'serve does not go on with another network' 15 not running server serve
  check 'and ends so that it is started again' ends_with 1
  check 'which it says' said "another network's now"
  succeed serve
  # shellcheck disable=SC2016
  check 'the next one serves that network' test "$(key_of server)" = "$(on server sh -c 'sed -n "s/^private-key = \"\(.*\)\"/\1/p" /etc/innernet-server/evilcorp.conf | wg pubkey')"
fi
