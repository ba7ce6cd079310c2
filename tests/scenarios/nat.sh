# shellcheck shell=bash
# Peers behind routers that translate addresses find a direct way to each other wherever there is one, each as soon as it joins.

. tests/stage/nat.sh
nat_network

there=()
for peer in "${peers_behind_nat[@]}"; do
  began=$(now_ms)
  nat_joins "$peer"
  for other in "${there[@]}"; do
    if can_connect "$peer" "$other"; then
      # A try that a busy machine spoils is made again a minute later.
      check_soon "$peer and $other find each other" 90 connected "$peer" "$other"
      note "$(($(now_ms) - began)) ms after the start of the install"
    fi
  done
  there+=("$peer")
done
for pair in 'laptop desktop' 'laptop phone' 'cafe office' 'box hotel'; do
  check_soon "a ping passes from ${pair% *} to ${pair#* }" 10 reaches "${pair% *}" "${pair#* }"
done
# What is on one LAN stays there.
direct() { grep -qF "$(router_lan home)." <(on laptop wg show "$NETWORK" endpoints | grep -F "$(key_of desktop)"); }
check_soon 'laptop and desktop talk over their LAN' 90 direct
