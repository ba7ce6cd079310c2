# shellcheck shell=bash
# What goes wrong in real life: each time an exit status, a message that helps, and files and interfaces as they were before.

traces() { # HOST: all files that the programs own, and all interfaces
  on "$1" sh -c 'find /etc/innernet /etc/innernet-server /var/lib/innernet /var/lib/innernet-server /etc/hosts -type f ! -name "*.lock" ! -name "*.db*" -exec sha256sum {} + 2>/dev/null; ip -o link show | sed "s/^[0-9]*: //; s/ qdisc.*//"'
}
before=
remember() { before=$(traces "$1"); }
untouched() { [ "$(traces "$1")" = "$before" ]; }

network_of alice
host_add bob
succeed invite bob humans false
cp "$(invitation_file bob)" "$STAGE_DIR/shared/kept.toml"

# --- invitations ---
remember bob
client bob install shared/missing.toml --default-name
exits 'a missing invitation' 1 'missing.toml'
printf 'network-name = = "x"\n' >"$STAGE_DIR/shared/broken.toml"
client bob install shared/broken.toml --default-name
exits 'a broken invitation' 1
if [ "$INNERNET_KIND" = ours ]; then exits 'is named' 1 'broken.toml'; fi
sed 's/^private-key = .*/private-key = "AAAA"/' "$(invitation_file bob)" >"$STAGE_DIR/shared/bad-key.toml"
client bob install shared/bad-key.toml --default-name
if [ "$INNERNET_KIND" = ours ]; then exits 'an invitation with a bad key' 1 'key'; fi   # upstream panics
check_soon 'none of them touched anything' 5 untouched bob

on bob ip link add "$NETWORK" type veth peer name other-end
remember bob
client bob install "$(invitation_of bob)" --default-name
exits 'an interface name that is taken' 1 "$NETWORK"
check 'is left alone' untouched bob
on bob ip link delete "$NETWORK"

if [ "$INNERNET_KIND" = ours ]; then
  on bob sh -c 'mkdir -p /etc/innernet && mount -t tmpfs -o size=64k,mode=700 tmpfs /etc/innernet && ! cat /dev/zero >/etc/innernet/ballast 2>/dev/null'
  remember bob
  client bob install "$(invitation_of bob)" --default-name --no-nat-traversal
  exits 'a full disk during install' 1 'space|full'
  check_soon 'leaves nothing behind' 5 untouched bob
  on bob rm /etc/innernet/ballast
fi
client bob install "$(invitation_of bob)" --default-name --no-nat-traversal
if [ "$INNERNET_KIND" = ours ]; then exits 'the same invitation works afterwards' 0; fi   # upstream fails on its last question
check_soon 'and so does its tunnel' 10 reaches bob server
if [ "$INNERNET_KIND" = ours ]; then check 'and without a terminal it is kept' test -e "$(invitation_file bob)"; fi

host_add carol
remember carol
began=$SECONDS
client carol install shared/kept.toml --default-name --no-nat-traversal
exits 'an invitation that was used' 1
if [ "$INNERNET_KIND" = ours ]; then
  exits 'is named as a possible cause' 1 'used|expired'
  check 'in half a minute' test $((SECONDS - began)) -le 30
fi
check_soon 'and leaves nothing behind' 5 untouched carol

# --- configurations ---
remember alice
client alice install shared/kept.toml --name "$NETWORK"
exits 'a network that is installed already' 1
check 'is left alone' untouched alice
on alice sh -c "cp /etc/innernet/$NETWORK.conf good && printf '[interface\n' >/etc/innernet/$NETWORK.conf"
remember alice
client alice fetch "$NETWORK"
exits 'a broken configuration' 1
if [ "$INNERNET_KIND" = ours ]; then exits 'is named' 1 "/etc/innernet/$NETWORK.conf"; fi
check 'and left alone' untouched alice
on alice sh -c "cat good >/etc/innernet/$NETWORK.conf"
client alice fetch unknown
exits 'a network that does not exist' 1

# --- command lines ---
client alice no-such-command
exits 'an unknown command' 2
client alice add-peer
exits 'a missing argument' 2
client alice set-listen-port "$NETWORK" --listen-port 70000
exits 'a port out of range' 2
client alice uninstall "$NETWORK"
exits 'a question without a terminal is an error' 1

if [ "$INNERNET_SERVER_KIND" = ours ]; then
  server add-cidr "$NETWORK" --name robots --cidr "$ROBOTS" --parent "$NETWORK"
  exits 'on the server, too' 1
  server new --network-name "$NETWORK" --network-cidr "$ROOT" --listen-port "$PORT" --external-endpoint "192.0.2.1:$PORT"
  exits 'a network that exists is not made again' 1
  check_soon 'and goes on' 5 reaches alice server
  server add-peer "$NETWORK" --name dave --cidr humans --auto-ip --admin false --save-config shared/kept.toml --invite-expires 1d --yes
  exits 'an invitation never replaces a file' 1
  server add-peer "$NETWORK" --name dave --cidr humans --auto-ip --admin false --save-config shared/dave.toml --invite-expires 1d --yes
  exits 'and its peer did not stay behind' 0
fi
server add-cidr "$NETWORK" --name overlap --cidr "$HUMANS" --parent "$NETWORK" --yes
exits 'a CIDR that overlaps another' 1
server add-cidr "$NETWORK" --name outside --cidr 192.0.2.0/24 --parent "$NETWORK" --yes
exits 'a CIDR outside the network' 1

# --- rights ---
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
remember alice
run alice "${nobody[@]}" innernet "${CLIENT_OPTIONS[@]}" fetch "$NETWORK"
exits 'fetch without rights' 1
run alice "${nobody[@]}" innernet "${CLIENT_OPTIONS[@]}" uninstall "$NETWORK" --yes
if [ "$INNERNET_KIND" = ours ]; then exits 'uninstall without rights says what to do' 1 'root'; fi
check 'nothing was touched' untouched alice
run server "${nobody[@]}" innernet-server "${SERVER_OPTIONS[@]}" add-cidr "$NETWORK" --name robots --cidr "$ROBOTS" --parent "$NETWORK" --yes
exits 'the server without root' 1 'root'
run alice "${nobody[@]}" innernet --help
exits 'help needs no rights' 0

# --- no WireGuard at all ---
if [ "$STAGE_BACKEND" = userspace ]; then
  succeed invite carol humans false
  remember carol
  run carol env -u WG_USERSPACE_IMPLEMENTATION PATH="$STAGE_DIR/bin" innernet "${CLIENT_OPTIONS[@]}" install "$(invitation_of carol)" --default-name
  exits 'no WireGuard at all' 1
  if [ "$INNERNET_KIND" = ours ]; then exits 'says what to install' 1 'wireguard-go'; fi
  check_soon 'and leaves nothing behind' 5 untouched carol
fi

# --- the server is unreachable ---
stop server serve || :
on server ip link delete "$NETWORK"
host_add erin
sed "s|^private-key = .*|private-key = \"$(wg genkey)\"|" "$STAGE_DIR/shared/kept.toml" >"$STAGE_DIR/shared/erin.toml"
remember erin
began=$SECONDS
client erin install shared/erin.toml --default-name --no-nat-traversal
exits 'a server that is unreachable' 1
if [ "$INNERNET_KIND" = ours ]; then check 'is given up within half a minute' test $((SECONDS - began)) -le 30; fi
check_soon 'and nothing is left behind' 5 untouched erin
check 'nor is the invitation gone' test -e "$STAGE_DIR/shared/erin.toml"
