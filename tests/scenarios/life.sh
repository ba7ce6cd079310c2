# shellcheck shell=bash
# The life of a network from `new` to pings between associated CIDRs, with what each step must leave behind.

after_alice_joined() {
  check 'an install leaves a working tunnel to the server' reaches alice server
  check 'the configuration is private' test "$(on alice stat -c %a "/etc/innernet/$NETWORK.conf")" = 600
  check 'the store is private' test "$(on alice stat -c %a "/var/lib/innernet/$NETWORK.json")" = 600
  check 'the invitation was deleted' test ! -e "$(invitation_file alice)"
  # Upstream writes it only when a peer changed on the device.
  if ours; then check 'the hosts file names the server' on alice grep -q "innernet-server.$NETWORK.wg" /etc/hosts; fi
  check 'the invitation holds another key than the configuration' not grep -rqF "$(on alice sed -n 's/^private-key = //p' "/etc/innernet/$NETWORK.conf")" "$STAGE_DIR/shared"
}

after_all_joined() {
  check 'humans do not reach robots before they are associated' never_reaches alice robot1
  check 'the invitation said nothing that lets robots see humans' not on robot1 grep -q alice /etc/hosts
}

after_association() {
  check_soon 'associated CIDRs reach each other' 10 reaches alice robot1
  check_soon 'and back' 10 reaches robot1 alice
  check 'a CIDR without an association is not reached' never_reaches alice guest1
  check 'nor reaches it the others' never_reaches guest1 alice
  check 'a stranger has no key on the interface' not grep -qF "$(key_of guest1)" <(on alice wg show "$NETWORK" peers)
  check 'names of visible peers resolve' on alice sh -c "getent hosts robot1.$NETWORK.wg >/dev/null"
  check 'names of others do not' not on alice grep -q guest1 /etc/hosts
}

host_add server alice robot1 guest1
life

exits 'list --tree shows visible peers under their CIDRs' 0 '◉ .*robot1'
check 'list --tree shows no one else' not grep -q guest1 <<<"$OUT"
client alice list-cidrs "$NETWORK"
exits 'all CIDRs are visible' 0 island
succeed client alice fetch "$NETWORK"
exits 'a fetch without news says so' 0 'up to date'

client alice delete-association "$NETWORK" humans robots --yes
exits 'an association can be deleted' 0
succeed client alice fetch "$NETWORK"
check 'and cuts the robots off' never_reaches alice robot1
check 'and takes their names away' not on alice grep -q robot1 /etc/hosts

server rename-peer "$NETWORK" --name robot1 --new-name robot9 --yes
exits 'a peer can be renamed on the server' 0
client robot1 fetch "$NETWORK"
if [ "$INNERNET_KIND" = ours ]; then
  check 'the new name reaches the hosts files' on robot1 grep -q "robot9.$NETWORK.wg" /etc/hosts
fi

if [ "$INNERNET_KIND" = ours ]; then
  host_add guest2
  succeed invite guest2 humans false
  cp tests/stage/at_terminal.py "$STAGE_DIR/"
  run guest2 python3 "$STAGE_DIR/at_terminal.py" 'Interface name' 'Delete the invitation' -- \
    innernet "${CLIENT_OPTIONS[@]}" install "$(invitation_of guest2)" --no-nat-traversal
  exits 'an install at a terminal asks for the name first' 0 "interface name.*$NETWORK"
  exits 'and whether to delete the invitation last' 0 'delete the invitation'
  check 'which is done unless one says no' test ! -e "$(invitation_file guest2)"
  check_soon 'and the peer is in' 10 reaches guest2 server
fi

client alice down "$NETWORK"
exits 'down' 0
check_soon 'removes the interface' 5 not link_exists alice
client alice up "$NETWORK"
exits 'up right after down' 0
check_soon 'brings the tunnel back' 10 reaches alice server
if [ "$INNERNET_KIND" = ours ]; then
  on alice ip link set "$NETWORK" mtu 1200
  client alice up "$NETWORK" --no-nat-traversal
  exits 'up after somebody has lowered the MTU' 0
  check_soon 'mends what the link lost with it' 10 reaches alice server
  client alice down "$NETWORK"
  client alice up "$NETWORK" --mtu 1200 --no-nat-traversal
  if [ "$STAGE_FAMILY" = 6 ]; then exits 'an MTU that IPv6 can not have is refused' 1 'IPv6.*1280'; else exits 'a small MTU is taken' 0; fi
fi
client alice down "$NETWORK"
client alice uninstall "$NETWORK" --yes
exits 'uninstall' 0
check 'removes the configuration' not on alice test -e "/etc/innernet/$NETWORK.conf"
check 'removes the store' not on alice test -e "/var/lib/innernet/$NETWORK.json"
if [ "$INNERNET_KIND" = ours ]; then
  check 'leaves no other file of the network' no_files_of_network alice /etc/innernet /var/lib/innernet
  check 'removes the section of the hosts file' not on alice grep -q innernet /etc/hosts
fi
check 'serve is still there' running server serve
if [ "$INNERNET_SERVER_KIND" = ours ]; then check 'and has told what it did, without RUST_LOG' grep -qE '^\[\*\] .*listening on' "$(log_of server serve)"; fi
if [ "$INNERNET_SERVER_KIND" = ours ]; then check 'serve ends at SIGTERM with exit 0' stop server serve; fi
