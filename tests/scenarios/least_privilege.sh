# shellcheck shell=bash
# The server, the client's daemon and what they start keep the rights that they need and no others, and the network lives on with these:
# peers come and go, configs are read again, names are written, interfaces made anew, by a start that has to make them, too.

network_of alice bob
succeed client alice fetch "$NETWORK" --no-nat-traversal
check_soon 'bob reaches the server' 10 reaches bob server

# As the kernel tells it (proc(5)): 1000 is CAP_NET_ADMIN, 400 CAP_NET_BIND_SERVICE.
status_of() { # HOST LABEL|PROGRAM LINE
  # shellcheck disable=SC2016 # expanded by the shell on the host
  on "$1" bash -c 'pid=$(cat "/run/stage-$1.pid" 2>/dev/null) || pid=$(pgrep --oldest --exact "$1") || exit; sed -n "s/^$2:[[:space:]]*//p" "/proc/$pid/status"' status "$2" "$3"
}
has_no_other_rights() { # HOST LABEL|PROGRAM
  local set value
  for set in CapInh CapPrm CapEff CapBnd CapAmb; do
    value=$(status_of "$1" "$2" "$set") && [ -n "$value" ] || return 1
    [ $((16#$value & ~16#1400)) = 0 ] || { printf '%s of %s: %s\n' "$set" "$2" "$value"; return 1; }
  done
  [ $((16#$(status_of "$1" "$2" CapEff) & 16#1000)) != 0 ] || { printf '%s has no CAP_NET_ADMIN\n' "$2"; return 1; }
  [ "$(status_of "$1" "$2" NoNewPrivs) $(status_of "$1" "$2" Seccomp)" = '1 2' ]
}
dumps_no_core() { # HOST LABEL|PROGRAM
  # shellcheck disable=SC2016 # expanded by the shell on the host
  on "$1" bash -c 'pid=$(cat "/run/stage-$1.pid" 2>/dev/null) || pid=$(pgrep --oldest --exact "$1") || exit; grep -q "^Max core file size *0 *0 " "/proc/$pid/limits"' limits "$2"
}

check 'serve has no right that it does not need' has_no_other_rights server serve
check 'and dumps no core' dumps_no_core server serve
if [ "$STAGE_BACKEND" = userspace ]; then
  check 'nor has wireguard-go, which it has started' has_no_other_rights server wireguard-go
  check 'which dumps no core either' dumps_no_core server wireguard-go
fi

succeed client alice down "$NETWORK"
check_soon 'alice is down' 5 not link_exists alice
start alice daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon --interval 1 --no-nat-traversal
check_soon 'the daemon makes the interface' 20 reaches alice server
check 'it has no right that it does not need' has_no_other_rights alice daemon
check 'and dumps no core' dumps_no_core alice daemon
if [ "$STAGE_BACKEND" = userspace ]; then check 'nor has wireguard-go, which it has started' has_no_other_rights alice wireguard-go; fi

# Life goes on. The names show that the hosts file was replaced, the API that its socket was bound to the new interface.
host_add carol
succeed invite carol humans false
succeed redeem carol
named() { on "$1" grep -q "carol.$NETWORK.wg" /etc/hosts; }
check_soon 'a new peer is named on the server' 30 named server
check_soon 'and on alice' 30 named alice
check_soon 'and reaches her' 30 reaches carol alice

on server sh -c "sed -i 's/^listen-port = .*/listen-port = 443/' /etc/innernet-server/$NETWORK.conf && kill -HUP \$(cat /run/stage-serve.pid)"
has_port() { [ "$(on server wg show "$NETWORK" listen-port)" = "$1" ] && [ -n "$(on server ss -Hltn "sport = :$1")" ]; }
check_soon 'a port below 1024 is taken when the config is read again' 20 has_port 443
on server sh -c "sed -i 's/^listen-port = .*/listen-port = $PORT/' /etc/innernet-server/$NETWORK.conf && kill -HUP \$(cat /run/stage-serve.pid)"
check_soon 'and given back' 20 has_port "$PORT"

for host in server alice; do
  before=$(on "$host" cat "/sys/class/net/$NETWORK/ifindex")
  on "$host" ip link delete "$NETWORK"
  is_anew() { local now; now=$(on "$host" cat "/sys/class/net/$NETWORK/ifindex" 2>/dev/null) && [ "$now" != "$before" ]; }
  check_soon "the interface of $host is made anew" 20 is_anew
done
check_soon 'and they reach each other' 40 reaches alice server
check 'serve is the same process' running server serve
check 'the daemon is the same process' running alice daemon
check 'what was given away is no trouble to anybody' not grep -iE 'more rights than needed|not permitted|permission denied' "$(log_of server serve)" "$(log_of alice daemon)"

# Files of another user, as a bind mount of a container has them, are in reach.
stop alice daemon || :
on alice sh -c 'chown -R 65534 /etc/innernet /var/lib/innernet'
start alice daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon --interval 1 --no-nat-traversal
succeed server disable-peer "$NETWORK" --name carol --yes
check_soon 'a daemon with files of another user works, too' 30 not named alice
check "and leaves them to him" test "$(on alice stat -c %u "/etc/innernet/$NETWORK.conf" "/var/lib/innernet/$NETWORK.json" | sort -u)" = 65534
check 'the daemon ends at SIGTERM with exit 0' stop alice daemon
