# shellcheck shell=bash
# A server whose state would aim a client's packets where they don't belong: at the internet's addresses, at the client itself, at everybody
# around, or back into the tunnel. And an invitation that would do the same.

. tests/stage/by_hand.sh
by_hand_prepare
if [ "$STAGE_FAMILY" = 6 ]; then peer_at() { printf 'fd66:0:0:1::%s' "$1"; }; else peer_at() { printf '10.66.1.%s' "$1"; }; fi

# --- invitations, before anything is made ---
hostile_invitation() { sed "$1" "$(invitation_file guest)" >"$STAGE_DIR/shared/hostile.toml"; }   # SED COMMAND
nothing_made() { ! link_exists guest && no_files_of_network guest /etc/innernet /var/lib/innernet 2>/dev/null; }
on guest mkdir -p /etc/innernet /var/lib/innernet
for change in 's|^\(address = ".*\)/.*"|\1/0"|' 's|^internal-endpoint = .*|internal-endpoint = "192.0.2.9:51820"|' \
  "s|^external-endpoint = .*|external-endpoint = \"$(bracketed "$(peer_at 9)"):51820\"|"; do
  hostile_invitation "$change"
  client guest install shared/hostile.toml --default-name --no-nat-traversal
  exits "refused: $(diff "$(invitation_file guest)" "$STAGE_DIR/shared/hostile.toml" | sed -n 's/^> //p')" 1 'hostile.toml.*(address|endpoint)'
  check 'and nothing was made' nothing_made
done
hostile_invitation 's|^network-name = .*|network-name = "\\u001b]0;owned\\u0007"|'
client guest install shared/hostile.toml --default-name --no-nat-traversal
exits 'a name that a terminal acts on' 1 '\\x1b'
check 'is shown harmless' not grep -q "$(printf '[\033\007]')" <<<"$OUT"

# --- a state ---
hostile=()
id=10
for outside in 8.8.8.8 127.0.0.1 192.0.2.77 2001:db8::77; do
  hostile+=("$(by_hand_peer "$id" "outsider-$id" "$outside")")
  id=$((id + 1))
done
for endpoint in 127.0.0.1:53 255.255.255.255:9 0.0.0.0:1 "$(bracketed "$by_hand_server_ip"):51820" '[::1]:53'; do
  hostile+=("$(by_hand_peer "$id" "insider-$id" "$(peer_at "$id")" "$endpoint")")
  id=$((id + 1))
done
check 'the hostile server listens' by_hand_serve 1 "${hostile[@]}"
redeem guest
exits 'an install there' 0 'outside of .*outsider'
peers=$(on guest wg show "$NETWORK" peers | wc -l)
check 'takes the peers of the network' test "$peers" = 6
check 'and no others' not on guest sh -c "wg show $NETWORK allowed-ips | grep -E '8\.8\.8\.8|127\.0\.0\.1|192\.0\.2\.77|2001:db8::77'"
check 'not in the hosts file either' not on guest grep -q outsider /etc/hosts
with_endpoint() { on guest wg show "$NETWORK" endpoints | grep -vc '(none)'; }
check 'and of them none but the server has an endpoint' test "$(with_endpoint)" = 1
client guest fetch "$NETWORK"
exits 'a fetch' 0 'outside of .*outsider'
check 'changes nothing of that' test "$(with_endpoint)" = 1
