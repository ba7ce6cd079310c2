# shellcheck shell=bash
# Where the server is: its name may not be known yet, or have an address at which nobody is, and the server may have moved.

network_of alice
name=vpn.evilcorp.test moved_to=198.51.100.99 nobody=2001:2::dead
is_at() { on "$1" sed -i "s/^external-endpoint = .*/external-endpoint = \"$2:$PORT\"/" "/etc/innernet/$NETWORK.conf"; }   # HOST PLACE
# shellcheck disable=SC2016 # expanded by the shell on the host
knows() { on "$1" sh -c 'for address; do echo "$address '"$name"'"; done >>/etc/hosts' knows "${@:2}"; }   # HOST ADDRESS...

chapter 'A name that is not known yet'
succeed client alice down "$NETWORK"
on alice rm "/var/lib/innernet/$NETWORK.json"
is_at alice "$name"
start alice daemon innernet "${CLIENT_OPTIONS[@]}" up --daemon --interval 4 --no-nat-traversal "$NETWORK"
fails_twice() { [ -e "$(log_of alice daemon)" ] && [ "$(grep -c '^\[E\] network' "$(log_of alice daemon)")" -ge 2 ]; }
check_soon 'the daemon looks for the server in vain' 50 fails_twice
knows alice "$(outside server)"
check_soon 'and finds it as soon as its name is known' 15 reaches alice server
check_soon 'and fetches' 10 on alice test -e "/var/lib/innernet/$NETWORK.json"
stop alice daemon || :

chapter 'An address at which nobody is'
host_add bob carol
for peer in bob carol; do
  succeed invite "$peer" humans false
  sed -i "s/^external-endpoint = .*/external-endpoint = \"$name:$PORT\"/" "$(invitation_file "$peer")"
done
knows bob "$nobody" "$(outside server)"
began=$(now_ms)
redeem bob
exits 'install tries the next address' 0
note "install took $(($(now_ms) - began)) ms"
succeed client bob down "$NETWORK"
client bob up "$NETWORK" --no-nat-traversal
exits 'and so does up' 0 'already up to date|updated interface'
check 'which reaches the server' reaches bob server
knows carol "$nobody" 198.51.100.98
redeem carol
exits 'where nobody is at any, install fails and names them' 1 "tried: \[$nobody\]:$PORT and 198.51.100.98:$PORT"

chapter 'A name that is not ASCII'
umlauts=münchen.evilcorp.test punycode=xn--mnchen-3ya.evilcorp.test
host_add dora
succeed invite dora humans false
sed -i "s/^external-endpoint = .*/external-endpoint = \"$umlauts:$PORT\"/" "$(invitation_file dora)"
on dora sh -c "echo '$(outside server) $punycode' >>/etc/hosts"
redeem dora
exits 'install finds it by its punycode' 0
check 'which is what the config has' on dora grep -q "^external-endpoint = \"$punycode:$PORT\"" "/etc/innernet/$NETWORK.conf"
client dora override-peer-endpoint "$NETWORK" --name alice --endpoint "straße.example.:$PORT" --yes
exits 'an endpoint is typed in it, with a final dot' 0
check 'and kept' on dora grep -q "xn--strae-oqa.example.:$PORT" "/etc/innernet/$NETWORK.conf"

chapter 'From a network of IPv6 alone'
. tests/stage/nat.sh
router_add gate restricted
host_behind gate eve
# Tayga translates one address to one, and nftables all of them to the router's.
prefix=2001:2:0:64
on gate sh -c "ip address add 2001:2:0:1::1/64 dev lan0 && echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
  mkdir -p /run/tayga && printf '%s\n' 'tun-device nat64' 'ipv4-addr 192.168.255.1' 'prefix $prefix::/96' 'dynamic-pool 192.168.255.0/24' 'data-dir /run/tayga' >/run/tayga/conf
  tayga --config /run/tayga/conf --mktun >/dev/null && ip link set nat64 up && ip route add 192.168.255.0/24 dev nat64 && ip route add $prefix::/96 dev nat64"
start gate tayga tayga --config /run/tayga/conf --nodetach
on eve sh -c 'ip -4 address flush dev eth0 && ip address add 2001:2:0:1::2/64 dev eth0 nodad && ip route add default via 2001:2:0:1::1'
succeed invite eve humans false
# What a DNS64 would say.
on eve sh -c "echo '$prefix::192.0.0.170 ipv4only.arpa' >>/etc/hosts"
redeem eve
exits 'install finds the server through the router that translates' 0
check 'at the address that stands for it' grep -q "\[$prefix::c633:64[0-9a-f]*\]:$PORT\$" <(on eve wg show "$NETWORK" endpoints)
check 'and reaches it' reaches eve server

chapter 'A server that has moved'
stop server serve || :
on server ip link delete "$NETWORK"
is_at alice "$moved_to"
succeed client alice down "$NETWORK"
client alice up "$NETWORK" --no-nat-traversal
exits 'without the server up goes on with the last state, in which it is where it was' 0 'going on with the peers of the last fetch'
on server sh -c "ip address delete $(outside server)/24 dev eth0 && ip address add $moved_to/24 dev eth0"
succeed serve
client alice fetch "$NETWORK" --no-nat-traversal
exits 'it is found where the config says' 0 'up to date|updated interface'
check 'and reached' reaches alice server
