# shellcheck shell=bash
# Networks that the Rust programs left behind are brought back to life from their files alone: configurations, stores, hosts files, an invitation that is still
# on its way, and a database of each version of the schema. The files are recorded samples, with the addresses that their hosts had.

host_add server admin peer2
outside_address() { # HOST NUMBER
  if [ "$STAGE_FAMILY" = 6 ]; then on "$1" ip address add "2001:db8:77::$2/64" dev eth0 nodad; else on "$1" ip address add "192.0.2.$2/24" dev eth0; fi
}
number=0
for host in server admin peer2; do
  number=$((number + 1))
  outside_address "$host" "$number"
done
cp -r "shared/testdata/ipv$STAGE_FAMILY" "$STAGE_DIR/shared/old"
cp "server/model/testdata/ipv$STAGE_FAMILY"/server-v*.sql "$STAGE_DIR/shared/old/"

on server sh -c "mkdir -m 700 -p /etc/innernet-server /var/lib/innernet-server && install -m 600 shared/old/server.conf /etc/innernet-server/$NETWORK.conf && cat shared/old/hosts-server >/etc/hosts"
for host in admin peer2; do
  sample=${host/admin/peer1}
  on "$host" sh -c "mkdir -m 700 -p /etc/innernet /var/lib/innernet && install -m 600 shared/old/client-$sample.conf /etc/innernet/$NETWORK.conf &&
    install -m 600 shared/old/store-$sample.json /var/lib/innernet/$NETWORK.json && cat shared/old/hosts-$sample >/etc/hosts"
done

database=/var/lib/innernet-server/$NETWORK.db
guests=0
for version in 0 1 2; do
  on server sh -c "rm -f $database*"
  on server python3 -c "import sqlite3, sys; sqlite3.connect('$database').executescript(open('shared/old/server-v$version.sql').read())"
  serve
  exits "a server on a database of version $version" 0
  check 'brings the schema to version 2' test "$(on server python3 -c "import sqlite3; print(sqlite3.connect('$database').execute('PRAGMA user_version').fetchone()[0])")" = 2
  for host in admin peer2; do
    client "$host" up "$NETWORK"
    exits "$host comes up" 0
    check_soon 'and reaches the server' 15 reaches "$host" server
  done
  check_soon 'the two reach each other' 20 reaches admin peer2
  check_soon 'by the names that the hosts files have' 5 on admin sh -c "ping -q -n -c 1 -W 1 peer2.$NETWORK.wg >/dev/null"
  check 'whom the server has disabled stays away' not on server grep -q gone /etc/hosts
  client admin add-cidr "$NETWORK" --name "new$version" --cidr "$(if [ "$STAGE_FAMILY" = 6 ]; then echo fd00:1337::77:0:0:0/80; else echo 10.66.77.0/24; fi)" --parent "$NETWORK" --yes
  exits 'the administrator is one still' 0
  if [ "$version" != 1 ]; then
    # The invitation of the sample; in the older database it never expires.
    guests=$((guests + 1))
    host_add "guest$guests"
    outside_address "guest$guests" "$((10 + guests))"
    client "guest$guests" install shared/old/invitation.toml --default-name --no-nat-traversal
    exits 'the invitation that was on its way is redeemed' 0
    check_soon 'and its peer is in' 15 reaches "guest$guests" server
  fi
  for host in admin peer2; do succeed client "$host" down "$NETWORK"; done
  stop server serve || :
  # Another database is another network with the same keys: nothing of the old one's peers may be left.
  on server ip link delete "$NETWORK"
  for host in server admin peer2; do check_soon "$host is down" 10 not link_exists "$host"; done
done
