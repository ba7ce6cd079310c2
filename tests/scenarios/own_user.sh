# shellcheck shell=bash
# The server and a client's daemon as users of their own who have the rights to change networks and no others (the recipe of the security guide),
# while commands are root's, on the same files: peers come, are renamed and go, files are made anew, and both are started again.

network_of alice bob
check_soon 'bob reaches the server' 10 reaches bob server

# COMMAND...: as systemd does with User= and AmbientCapabilities=
as_user() { printf '%s\n' setpriv --reuid innernet --regid innernet --clear-groups --inh-caps "-all,$rights" --ambient-caps "-all,$rights" --bounding-set "-all,$rights" "$@"; }
rights=+net_admin,+net_bind_service
give_files() { # HOST PROGRAM
  on "$1" useradd --system --user-group --shell /usr/sbin/nologin innernet
  on "$1" chown -R innernet: "/etc/$2" "/var/lib/$2"
  # Userspace WireGuard that root has started listens for root alone, and where it listens is root's.
  on "$1" ip link delete "$NETWORK"
  on "$1" chown innernet: /run/wireguard
  # As udev makes it, whatever the machine of the stage has.
  on "$1" sh -c 'mknod -m 666 /run/tun c 10 200 && mount --bind /run/tun /dev/net/tun'
}
no_hosts=(--no-write-hosts)
serve_command() { as_user innernet-server serve "$NETWORK" "${no_hosts[@]}" "${SERVER_OPTIONS[@]}"; }
status_of() { # HOST LABEL|PROGRAM LINE
  # shellcheck disable=SC2016 # expanded by the shell on the host
  on "$1" bash -c 'pid=$(cat "/run/stage-$1.pid" 2>/dev/null) || pid=$(pgrep --oldest --exact "$1") || exit; sed -n "s/^$2:[[:space:]]*//p" "/proc/$pid/status"' status "$2" "$3"
}
# As the kernel tells it (proc(5)): 1000 is CAP_NET_ADMIN, 400 CAP_NET_BIND_SERVICE.
is_the_users() { # HOST LABEL|PROGRAM
  local uid set
  uid=$(on "$1" id -u innernet)
  [ "$(status_of "$1" "$2" Uid)" = "$(printf '%s\t%s\t%s\t%s' "$uid" "$uid" "$uid" "$uid")" ] || { echo "its users are $(status_of "$1" "$2" Uid)"; return 1; }
  for set in CapInh CapPrm CapEff CapBnd CapAmb; do
    [ $((16#$(status_of "$1" "$2" "$set"))) = $((16#1400)) ] || { echo "$set is $(status_of "$1" "$2" "$set")"; return 1; }
  done
  [ "$(status_of "$1" "$2" NoNewPrivs) $(status_of "$1" "$2" Seccomp)" = '1 2' ]
}
belongs_to_user() { # HOST PROGRAM
  local others
  others=$(on "$1" find "/etc/$2" "/var/lib/$2" ! -user innernet)
  [ -z "$others" ] || { printf 'not the user'"'"'s: %s\n' "$others"; return 1; }
}

stop server serve
give_files server innernet-server
succeed serve
check 'serve is that user, with the two rights' is_the_users server serve
if [ "$STAGE_BACKEND" = userspace ]; then check 'and so is wireguard-go, which it has started' is_the_users server wireguard-go; fi
check_soon 'bob reaches the server again' 40 reaches bob server

# Root's commands beside it, and a peer that joins.
host_add carol
succeed invite carol humans false
check 'an invitation is of who has made it' test "$(stat -c %U "$(invitation_file carol)")" = root
succeed redeem carol
check_soon 'she reaches the server' 20 reaches carol server
succeed server rename-peer "$NETWORK" --name carol --new-name caroline --yes
listed() { client alice fetch "$NETWORK" --no-nat-traversal && client alice list "$NETWORK" && grep -q caroline <<<"$OUT"; }
check_soon 'a peer that root renames is named so at once' 20 listed
succeed server add-cidr "$NETWORK" --name robots --cidr "$ROBOTS" --parent "$NETWORK" --yes
check 'all files are the user'"'"'s' belongs_to_user server innernet-server

on server sh -c "sed -i 's/^listen-port = .*/listen-port = 443/' /etc/innernet-server/$NETWORK.conf && kill -HUP \$(cat /run/stage-serve.pid)"
has_port() { [ "$(on server wg show "$NETWORK" listen-port)" = "$1" ] && [ -n "$(on server ss -Hltn "sport = :$1")" ]; }
check_soon 'a port below 1024 is taken' 20 has_port 443
on server sh -c "sed -i 's/^listen-port = .*/listen-port = $PORT/' /etc/innernet-server/$NETWORK.conf && chown innernet: /etc/innernet-server/$NETWORK.conf && kill -HUP \$(cat /run/stage-serve.pid)"
check_soon 'and given back' 20 has_port "$PORT"

# With no server that has the database open, root's command makes the log and its index, and takes them away.
stop server serve
succeed server rename-peer "$NETWORK" --name caroline --new-name carol --yes
on server rm -f "/var/lib/innernet-server/$NETWORK.lock"
succeed serve
check_soon 'started again on what root has written, it serves' 40 reaches carol server
check 'and is that user again' is_the_users server serve

# A second network that root makes is the user's, too.
second() { server new --network-name second --network-cidr 10.99.0.0/16 --listen-port 51899 --external-endpoint 198.51.100.1:51899; }
succeed second
check 'what root makes anew is the user'"'"'s' belongs_to_user server innernet-server
mapfile -t command < <(as_user innernet-server serve second --no-write-hosts "${SERVER_OPTIONS[@]}")
start server second "${command[@]}"
serves_second() { [ -n "$(on server ss -Hltn 'sport = :51899')" ]; }
check_soon 'and is served' 20 serves_second
stop server second
succeed server uninstall second --yes

check 'nothing was missing' not grep -iE 'more rights|not permitted|permission denied' "$(log_of server serve)" "$(log_of server second)"

# The daemon of a client.
give_files alice innernet
mapfile -t command < <(as_user innernet up "$NETWORK" --daemon --interval 1 --no-nat-traversal --no-write-hosts "${CLIENT_OPTIONS[@]}")
start alice daemon "${command[@]}"
check_soon 'the daemon brings the network up' 40 reaches alice server
check 'and is that user, with the two rights' is_the_users alice daemon
succeed server disable-peer "$NETWORK" --name carol --yes
knows_no_carol() { [ "$(on alice wg show "$NETWORK" peers | wc -l)" = 2 ]; }
check_soon 'it learns what is new' 20 knows_no_carol
succeed client alice fetch "$NETWORK" --no-nat-traversal
check "root's commands leave the files to the user" belongs_to_user alice innernet
check 'the daemon ends at SIGTERM with exit 0' stop alice daemon
check 'nothing was missing to it' not grep -iE 'more rights|not permitted|permission denied' "$(log_of alice daemon)"

# Who writes names and may not is told once, and goes on. The file has root's last words of them until a name changes.
stop server serve
no_hosts=()
succeed serve
check_soon 'the server serves' 20 reaches bob server
succeed server rename-peer "$NETWORK" --name bob --new-name robert --yes
warned() { grep -q '/etc/hosts' "$(log_of server serve)"; }
check_soon 'without --no-write-hosts a warning names the hosts file' 20 warned
for name in bert rob bob; do succeed server rename-peer "$NETWORK" --name "${last:-robert}" --new-name "$name" --yes; last=$name; done
is_bob_again() { client alice fetch "$NETWORK" --no-nat-traversal --no-write-hosts && client alice list "$NETWORK" && grep -q '\bbob\b' <<<"$OUT"; }
check_soon 'and the server goes on' 20 is_bob_again
check 'it is said once' test "$(grep -c '/etc/hosts' "$(log_of server serve)")" = 1
