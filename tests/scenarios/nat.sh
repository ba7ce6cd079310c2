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

# What a person sees who asks how a pair is connected.
says_of() { # A B PATTERN...: each is a line of what A's `show` says of B
  local of=$2 block pattern
  client "$1" show "$NETWORK"
  block=$(awk -v peer="  peer: $of (" 'index($0, "  peer: ") == 1 { there = index($0, peer) == 1 } there' <<<"$OUT")
  for pattern in "${@:3}"; do grep -qE -- "$pattern" <<<"$block" || return; done
}
check_soon 'show says of a direct pair how, since when and how fast' 70 says_of laptop desktop '^    connected: directly for .*, round trip [0-9.]+ ms$'
check_soon 'show says of a relayed pair by whom, since when, how fast, and what did not answer' 70 says_of cafe hotel \
  '^    relayed by: innernet-server' '^    connected: by a relay for .*, round trip [0-9.]+ ms$' '^    no answer from: [0-9.]+:[0-9]+ \('
succeed client cafe why "$NETWORK" hotel --json
for part in '"way":"relayed"' '"id":"no_answer"' '"id":"open_port"'; do check "why has $part" grep -qF "$part" <<<"$OUT"; done

# The relay forgets all sessions with its server. Those who are relayed notice it by what the server says, not after WireGuard's two minutes.
stop server serve || :
began=$(now_ms)
succeed serve
check_soon 'after a restart of the server, a ping passes through its relay again' 90 reaches cafe hotel
note "$(($(now_ms) - began)) ms after the start"

server disable-peer "$NETWORK" --name hotel --yes
check_soon 'a peer that is disabled is relayed no longer' 60 never_reaches cafe hotel
