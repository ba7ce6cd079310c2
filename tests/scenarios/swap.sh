# shellcheck shell=bash
# A live network changes hands: the server's program is swapped for the Rust one's successor and back on the same database, under clients that run; and so is
# a client's on the same configuration and store. Needs the Rust programs: INNERNET_UPSTREAM is the folder that holds them.

upstream_userspace
put_program innernet build/release/bin/innernet ours
put_program innernet-server build/release/bin/innernet-server ours
put_program their-innernet "$INNERNET_UPSTREAM/innernet" upstream
put_program their-innernet-server "$INNERNET_UPSTREAM/innernet-server" upstream
backend=()
if [ "$STAGE_BACKEND" = userspace ]; then backend=(--backend userspace); fi

our_client() { run "$1" innernet "${backend[@]}" "${@:2}"; }
their_client() { run "$1" their-innernet "${backend[@]}" "${@:2}"; }
our_server() { run server innernet-server "${backend[@]}" "$@"; }
their_server() { run server their-innernet-server "${backend[@]}" "$@"; }
served_by() { # PROGRAM: serves with it from now on
  [ -z "${STAGE_JOB["server serve"]:-}" ] || stop server serve || :
  STATUS=0 OUT=
  start server serve "$1" serve "${backend[@]}" "$NETWORK"
  # shellcheck disable=SC2034 # `succeed` and `exits` read it
  eventually 20 api_listens || { OUT=$(<"$(log_of server serve)") STATUS=1; }
}
their_invite() { their_server add-peer "$NETWORK" --name "$1" --cidr humans --auto-ip --admin "$2" --save-config "$(invitation_of "$1")" --invite-expires 14d --yes; }
our_invite() { our_server add-peer "$NETWORK" --name "$1" --cidr humans --auto-ip --admin "$2" --save-config "$(invitation_of "$1")" --invite-expires 14d --yes; }
endpoints() { on server wg show "$NETWORK" endpoints | sort; }

# --- a network of the Rust programs ---
host_add server alice bob carol dave erin
succeed their_server new --network-name "$NETWORK" --network-cidr "$ROOT" --listen-port "$PORT" \
  --external-endpoint "$(bracketed "$(outside server "$STAGE_FAMILY")"):$PORT"
succeed their_server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed served_by their-innernet-server
for peer in alice bob; do
  succeed their_invite "$peer" "$([ "$peer" = alice ] && echo true || echo false)"
  succeed their_client "$peer" install "$(invitation_of "$peer")" --default-name --delete-invite --no-nat-traversal
done
succeed their_client alice fetch "$NETWORK"
check_soon 'alice reaches bob' 15 reaches alice bob
check_soon 'and bob alice' 15 reaches bob alice

# --- the server: theirs, ours, theirs, ours ---
ping_until_finished alice server & first=$!
ping_until_finished alice bob & second=$!
seen=$(endpoints)

succeed served_by innernet-server
check 'our server on their database: sessions and endpoints survive' test "$seen" = "$(endpoints)"
their_client bob fetch "$NETWORK" --no-nat-traversal
exits 'their client fetches from it' 0
their_client alice add-cidr "$NETWORK" --name robots --cidr "$ROBOTS" --parent "$NETWORK" --yes
exits 'their admin changes it' 0
succeed our_invite carol false
succeed our_client carol install "$(invitation_of carol)" --default-name --delete-invite --no-nat-traversal
check_soon 'our client joins' 10 reaches carol server
succeed our_client carol fetch "$NETWORK"
succeed their_client alice fetch "$NETWORK"
check_soon 'and reaches their peer' 10 reaches carol alice

# One that was invited by one server redeems with the other.
succeed our_invite dave false
served_by their-innernet-server
exits 'their server starts on what ours has left' 0
check 'and no peer lost its session' reaches carol server
their_client dave install "$(invitation_of dave)" --default-name --delete-invite --no-nat-traversal
exits 'an invitation of ours is redeemed with theirs' 0
our_client carol fetch "$NETWORK" --no-nat-traversal
exits 'our client fetches from theirs again' 0
check 'and knows the newcomer' on carol grep -q "dave.$NETWORK.wg" /etc/hosts
their_client alice list-cidrs "$NETWORK"
exits 'what was made under our server is still there' 0 robots
succeed their_invite erin false

served_by innernet-server
exits 'ours starts again' 0
our_client erin install "$(invitation_of erin)" --default-name --delete-invite --no-nat-traversal
exits 'an invitation of theirs is redeemed with ours' 0
for to in server bob; do
  answers() { [ "$(on alice grep -c icmp_seq "ping-$to")" -ge 20 ]; }
  check_soon "twenty pings to $to were answered" 15 answers
done
on alice touch finished
wait "$first" "$second" || :
for to in server bob; do
  run alice tail -n 3 "ping-$to"
  check "all that time no packet to $to was lost" lost_none alice "$to"
done

# --- a client: theirs, ours, theirs, on the same files and the same interface ---
key=$(key_of bob)
our_client bob fetch "$NETWORK" --no-nat-traversal
exits 'our fetch goes on where theirs stopped' 0
check 'with the same key' test "$key" = "$(key_of bob)"
our_client bob list
exits 'and lists the peers' 0 erin
start bob daemon innernet "${backend[@]}" up "$NETWORK" --daemon --interval 60 --no-nat-traversal
looked_after() { grep -q 'looking after' "$(log_of bob daemon)"; }
check_soon 'our daemon takes over' 10 looked_after
their_client alice rename-peer "$NETWORK" --name dave --new-name dora --yes
exits 'their admin renames a peer' 0
named_anew() { on bob grep -q "dora.$NETWORK.wg" /etc/hosts; }
check_soon 'which our daemon hears at once' 5 named_anew
check 'and ends at SIGTERM with exit 0' stop bob daemon
our_client bob set-listen-port "$NETWORK" --listen-port 51822 --yes
exits 'our client changes its configuration' 0
their_client bob fetch "$NETWORK" --no-nat-traversal
exits 'their client reads it, and our store' 0
their_client bob list
exits 'and lists the peers' 0 dora
check 'with the port that was set' grep -q 51822 <<<"$OUT"
their_client bob down "$NETWORK"
exits 'their down' 0
check_soon 'takes the interface away' 10 not link_exists bob
our_client bob up "$NETWORK"
exits 'our up' 0
check_soon 'brings it back' 10 reaches bob server
our_client bob down "$NETWORK"
exits 'our down' 0
# wireguard-go lets go of the port last, and their `up` does not wait for it.
gone() { ! link_exists bob && [ -z "$(on bob ss -Hlun 'sport = :51822')" ]; }
check_soon 'takes it away' 5 gone
their_client bob up "$NETWORK"
exits 'their up' 0
check_soon 'brings it back, too' 10 reaches bob server
start bob daemon their-innernet "${backend[@]}" up "$NETWORK" --daemon --interval 1 --no-nat-traversal
our_client alice rename-peer "$NETWORK" --name dora --new-name dave --yes
exits 'our admin, on their files, renames a peer' 0
known() { grep -q "dave" <(on bob cat "/var/lib/innernet/$NETWORK.json"); }
check_soon 'which their daemon learns' 15 known
stop bob daemon || :
our_client bob uninstall "$NETWORK" --yes
exits 'our uninstall' 0
check 'leaves nothing of theirs' test -z "$(on bob sh -c "ls /etc/innernet/*.conf /var/lib/innernet/*.json; grep innernet /etc/hosts; ip link show $NETWORK" 2>/dev/null)"
check 'our server ends at SIGTERM with exit 0' stop server serve
our_server uninstall "$NETWORK" --yes
exits 'and is uninstalled' 0
