# shellcheck shell=bash
# A network with two servers on one PostgreSQL database, of which the active one dies: the demo shows it. Needs network.sh, postgresql.sh
# and what the demo shows with.

SERVERS_NAME=vpn.example.com   # leads to both, for who has only an invitation

second_server() { run server2 innernet-server "${SERVER_OPTIONS[@]}" "$@"; }   # ARGUMENTS...

in_background() { # HOST LABEL COMMAND...
  before_command "$1" "${@:3}" '&'
  start "$@"
}

has_said() { grep -qF "$3" "$(log_of "$1" "$2")"; }   # HOST LABEL TEXT
second_serves() { [ -n "$(on server2 ss -Hltn "sport = :$PORT")" ]; }
is_listed() { grep -qE "$1" <<<"$(on server2 innernet-server list-servers "$NETWORK" 2>&1)"; }   # PATTERN

two_servers() {
  local host peer admin=true began command
  mapfile -t command < <(serve_command)
  for host in server server2 alice bob carol; do
    on "$host" sh -c "printf '%s\n' '$(outside database) db.example.com' '$(outside server) $SERVERS_NAME' '$(outside server2) $SERVERS_NAME' >>/etc/hosts"
  done

  chapter 'A network whose database is PostgreSQL, on a machine of its own'
  succeed server new --network-name "$NETWORK" --network-cidr "$ROOT" --listen-port "$PORT" --external-endpoint "$SERVERS_NAME:$PORT" \
    --database postgresql://postgres@db.example.com/innernet
  succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
  succeed serve

  chapter 'A second server stands by'
  succeed server add-server "$NETWORK" --name server-2 --endpoint "$(outside server2):$PORT" --save-config shared/server-2.toml
  succeed second_server join shared/server-2.toml
  on server2 rm shared/server-2.toml
  in_background server2 serve "${command[@]}"
  eventually 20 is_listed '^server-2 .* standing by'
  succeed second_server list-servers "$NETWORK"

  chapter 'Two peers join, and talk'
  for peer in alice bob; do
    succeed invite "$peer" humans "$admin"
    succeed client "$peer" install "$(invitation_of "$peer")" --default-name --delete-invite
    in_background "$peer" daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon
    admin=false
  done
  eventually 20 reaches alice bob
  remark 'from here on alice pings bob ten times a second'
  ping_until_finished alice bob & pings=$!

  chapter 'The active server dies'
  began=${EPOCHREALTIME/./}
  before_command server kill -KILL "$(on server cat /run/stage-serve.pid)"
  { stop server serve KILL || :; } 2>/dev/null
  on server ip link delete "$NETWORK"
  eventually 20 second_serves
  remark "the other one serves after $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
  succeed second_server list-servers "$NETWORK"
  remark 'server-1 counts as away when it has not been heard of for 15 s'

  chapter 'A new peer joins: alice invites her by the server that is left'
  eventually 30 reaches alice server
  succeed client alice add-peer "$NETWORK" --name carol --cidr humans --auto-ip --admin false --save-config "$(invitation_of carol)" --invite-expires 14d --yes
  succeed client carol install "$(invitation_of carol)" --default-name --delete-invite
  show_ping carol alice answers

  chapter 'The dead one comes back, and stands by'
  in_background server again "${command[@]}"
  eventually 20 has_said server again 'standing by'
  succeed second_server list-servers "$NETWORK"

  chapter 'And alice has pinged bob all the time'
  on alice touch finished
  wait "$pings" || :
  succeed run alice tail -n 3 ping-bob
  lost_none alice bob || { echo 'demo: a packet between the peers was lost' >&2; return 1; }
  remark 'no packet was lost'
}
