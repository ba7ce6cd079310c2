# shellcheck shell=bash
# Each pair of peers connects, each peer as soon as it joins: directly where their routers let them, else through the server's relay.

. tests/stage/nat.sh
nat_network

there=()
for peer in "${peers_behind_nat[@]}"; do
  began=$(now_ms)
  nat_joins "$peer"
  for other in "${there[@]}"; do
    # A try that a busy machine spoils is made again a minute later.
    check_soon "$peer and $other find each other" 90 connected "$peer" "$other"
    note "$(($(now_ms) - began)) ms after the start of the install"
  done
  there+=("$peer")
done
for pair in 'laptop desktop' 'laptop phone' 'cafe office' 'box hotel' 'cafe hotel' 'phone hotel'; do
  check_soon "a ping passes from ${pair% *} to ${pair#* }" 10 reaches "${pair% *}" "${pair#* }"
done
# What is on one LAN stays there.
direct() { grep -qF "$(router_lan home)." <(on laptop wg show "$NETWORK" endpoints | grep -F "$(key_of desktop)"); }
check_soon 'laptop and desktop talk over their LAN' 90 direct

relayed() { # A B: as A's list says
  client "$1" show --short "$NETWORK"
  grep -F "$2" <<<"$OUT" | grep -qF '(relayed by innernet-server)'
}
for ((i = 0; i < ${#there[@]}; ++i)); do
  for ((j = 0; j < i; ++j)); do
    a=${there[i]} b=${there[j]}
    if has_direct_way "$a" "$b"; then check_soon "$a and $b talk directly" 90 not relayed "$a" "$b"
    else check "$a and $b are relayed, and $a's list says so" relayed "$a" "$b"; fi
  done
done

# The relay forgets all sessions with its server. Those who are relayed notice it by what the server says, not after WireGuard's two minutes.
stop server serve || :
began=$(now_ms)
succeed serve
check_soon 'after a restart of the server, a ping passes through its relay again' 90 reaches cafe hotel
note "$(($(now_ms) - began)) ms after the start"

server disable-peer "$NETWORK" --name hotel --yes
check_soon 'a peer that is disabled is relayed no longer' 60 never_reaches cafe hotel
