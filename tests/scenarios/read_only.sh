# shellcheck shell=bash
# On an appliance, whose root takes no changes, what needs none works, and what needs one says why it can't.

network_of alice bob
succeed client alice down "$NETWORK"
on alice sh -c 'mount -o remount,ro /etc && mount -o remount,ro /var/lib'
once() { [ "$(grep -c 'read-only file system' <<<"$OUT")" = "$1" ]; }

client alice up "$NETWORK" --no-write-hosts
exits 'up works' 0 'read-only file system'
check 'which it says once' once 1
check 'the server is reached' reaches alice server
client alice fetch "$NETWORK" --no-write-hosts
exits 'so does fetch' 0
client alice fetch "$NETWORK" --hosts-path /etc/hosts-of-others
exits 'that the names can not be written is a warning' 0 'hosts-of-others is on a read-only file system'
client alice down "$NETWORK"
exits 'so does down' 0 'is down'
check 'it is down' not link_exists alice

# The last state is lost: what the daemon learns it must not forget while it runs.
on alice sh -c "mount -o remount,rw /var/lib && rm -r /var/lib/innernet && mount -o remount,ro /var/lib"
start alice daemon innernet "${CLIENT_OPTIONS[@]}" up --daemon --interval 2 --no-nat-traversal "$NETWORK"
check_soon 'a daemon works without any data folder' 15 reaches alice server
fetched() { grep -q 'updated interface' "$(log_of alice daemon)"; }
check_soon 'it fetches' 10 fetched
stop server serve || :
goes_on() { [ "$(grep -c 'going on with the peers of the last fetch' "$(log_of alice daemon)")" -ge 2 ]; }
check_soon 'and goes on with what it knows when the server is away' 30 goes_on
warned_once() { [ "$(grep -c 'innernet is on a read-only file system' "$(log_of alice daemon)")" = 1 ]; }
check 'the warning came once' warned_once
check 'and no error' not grep -q '^\[E\]' "$(log_of alice daemon)"
succeed serve
check 'it ends as told' stop alice daemon

client alice set-listen-port "$NETWORK" --listen-port 51999 --yes
exits 'what has to be kept is refused' 1 'Read-only file system'
check 'and says nothing of other commands' not grep -q 'another command' <<<"$OUT"
client alice uninstall "$NETWORK" --yes
exits 'and so is leaving' 1 'Read-only file system'
check 'which changes nothing' link_exists alice
