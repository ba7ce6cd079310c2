# shellcheck shell=bash
# Ten peers are added at the same moment, as Ansible's forks do it: by an admin, then on the server beside a running serve. All of them exist,
# each with an address of its own, which its invitation names.

. tests/stage/evilcorp.sh
evilcorp_with
address_of() { sed -n 's|^address = "\(.*\)/.*"|\1|p' "$(invitation_file "$1")"; }   # PEER
add_at_once() { # PREFIX COMMAND...: what comes before the arguments of innernet or innernet-server
  local number jobs=()
  for number in {1..10}; do
    {
      "${@:2}" add-peer "$NETWORK" --name "$1-$number" --cidr robots --auto-ip --admin false --invite-expires 1d --yes \
        --save-config "$(invitation_of "$1-$number")"
      echo "$STATUS" >"$STAGE_DIR/log/added-$1-$number"
      printf '%s\n' "$OUT" >"$STAGE_DIR/log/words-$1-$number"
    } &
    jobs+=($!)
  done
  wait "${jobs[@]}"
  for number in {1..10}; do
    STATUS=$(<"$STAGE_DIR/log/added-$1-$number") OUT=$(<"$STAGE_DIR/log/words-$1-$number")
    exits "$1-$number is added, with nine others at the door" 0
  done
}
add_at_once by-admin client client1
add_at_once on-server server

peers=(by-admin-{1..10} on-server-{1..10})
server list-peers "$NETWORK" --json
exits 'the server lists them' 0
listed=$(python3 -c 'import json, sys
for peer in json.load(sys.stdin)["peers"]: print(peer["name"], peer["ip"])' <<<"$OUT" | grep -E '^(by-admin|on-server)-' | sort)
invited=$(for peer in "${peers[@]}"; do echo "$peer $(address_of "$peer")"; done | sort)
check 'each has the address of its invitation' test "$listed" = "$invited"
check 'and no two have the same' test "$(cut -d' ' -f2 <<<"$listed" | sort -u | wc -l)" = 20
