# shellcheck shell=bash
# While the server is away peers go on reaching each other, and come up from what they remember.

network_of alice bob
# With traversal: the server may not have seen yet where the two are, so they try each other's candidates.
succeed client alice fetch "$NETWORK"
check_soon 'alice reaches bob' 10 reaches alice bob
check_soon 'and bob alice' 10 reaches bob alice

stop server serve || :
on server ip link delete "$NETWORK"
check_soon 'the server is away' 5 not link_exists server

client alice fetch "$NETWORK"
exits 'fetch goes on with the cached state' 0
check 'and the tunnel to bob stays' reaches alice bob

client bob down "$NETWORK"
exits 'bob goes down' 0
check_soon 'bob is down' 5 not link_exists bob
client bob up "$NETWORK"
exits 'up works from the cache' 0
check_soon 'bob reaches alice again' 15 reaches bob alice
check_soon 'and alice bob' 15 reaches alice bob
client bob list
exits 'list shows alice' 0 alice

if [ "$INNERNET_KIND" = ours ]; then
  client bob down "$NETWORK"
  check_soon 'bob is down again' 5 not link_exists bob
  on bob sh -c "umask 077; sed 's|^address = .*|address = \"10.77.1.2/16\"|; s|^internal-endpoint = .*|internal-endpoint = \"10.77.0.1:$PORT\"|' \
    /etc/innernet/$NETWORK.conf >/etc/innernet/abc.conf && echo '[' >/etc/innernet/abd.conf"
  client bob up --no-nat-traversal
  exits 'up tries all networks and names the file of one that is not reached' 1 '^\[E\] /etc/innernet/abc.conf: '
  exits 'and that of one that is broken' 1 '^\[E\] /etc/innernet/abd.conf: '
  check 'the last one is up in spite of them' link_exists bob
  check_soon 'and works' 15 reaches bob alice
  on bob sh -c 'rm /etc/innernet/abc.conf /etc/innernet/abd.conf && ip link delete abc'
fi

store=$(on bob sha256sum "/var/lib/innernet/$NETWORK.json")
client bob down "$NETWORK"
check_soon 'bob is down once more' 5 not link_exists bob
on bob mv "/var/lib/innernet/$NETWORK.json" /var/lib/innernet/aside
client bob up "$NETWORK" --no-nat-traversal
exits 'without a cache up fails' 1
if [ "$INNERNET_KIND" = ours ]; then
  check 'but leaves the interface, which can recover' link_exists bob
  check 'and writes no empty store' not on bob test -e "/var/lib/innernet/$NETWORK.json"
fi
on bob mv /var/lib/innernet/aside "/var/lib/innernet/$NETWORK.json"
check 'the store was not touched' test "$store" = "$(on bob sha256sum "/var/lib/innernet/$NETWORK.json")"

succeed serve
client bob up "$NETWORK" --no-nat-traversal
exits 'with the server back up succeeds' 0
check_soon 'and bob reaches it' 15 reaches bob server
