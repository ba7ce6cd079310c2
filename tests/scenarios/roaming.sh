# shellcheck shell=bash
# A machine gets another address behind another router while nobody says a word: whoever it has a session with reaches it again within seconds,
# relayed or directly. A pair that finds a direct way later loses next to nothing at the change.

. tests/stage/nat.sh

host_add server
router_add home restricted
host_behind home laptop
router_add mobile restricted
host_behind mobile phone
router_add street symmetric
host_behind street cafe
router_add lobby symmetric
host_behind lobby hotel
router_add train restricted
router_add airport symmetric
succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve
for peer in laptop phone cafe hotel; do nat_joins "$peer"; done

relay_port=$((PORT + 1))
at() { on "$1" wg show "$NETWORK" endpoints | grep -F "$(key_of "$2")" | cut -f 2; }   # A B: where A has B
is_relayed() { [ "$(at "$1" "$2")" = "$(outside server):$relay_port" ] && [ "$(at "$2" "$1")" = "$(outside server):$relay_port" ]; }
is_direct() { [ "$(at "$1" "$2")" != "$(outside server):$relay_port" ] && [ "$(at "$2" "$1")" != "$(outside server):$relay_port" ]; }
reach_each_other() { reaches "$1" "$2" && reaches "$2" "$1"; }

check_soon 'cafe and hotel reach each other' 60 reach_each_other cafe hotel
check_soon 'by the relay, which both of their routers want' 10 is_relayed cafe hotel
check_soon 'laptop and phone reach each other' 60 reach_each_other laptop phone
check_soon 'and no relay is between them' 120 is_direct laptop phone

# From the one that stays where it is, and knows of nothing.
back_within() { # WHO STAYS MILLISECONDS: the first of its pings that passes, after WHO has got another address just now
  local began=$3 took first
  # shellcheck disable=SC2016 # expanded by the shell on the host
  on "$2" timeout 40 bash -c 'ping -n -D -i 0.1 "$1" | grep -m 1 "bytes from" >first-ping' ping "$(inside "$1")" || :
  first=$(on "$2" sed -n 's/^\[\([0-9]*\)\.\([0-9]\{3\}\).*/\1\2/p' first-ping)
  [ -n "$first" ] || return 1
  took=$((first - began))
  note "$took ms after its new address"
  [ "$took" -le 5000 ]
}

began=$(now_ms)
host_moves hotel airport
check 'a peer that is relayed, and gets another address, is reached again within 5 s' back_within hotel cafe "$began"

began=$(now_ms)
host_moves laptop train
check 'so is one that was reached directly' back_within laptop phone "$began"

# Both sides try at the same moment, so that both routers let the other one in; what is on its way meanwhile goes on.
if is_relayed laptop phone; then note 'they are relayed now'; fi
ping_until_finished laptop phone 0.02 &
pings=$!
check_soon 'they find a direct way again' 150 is_direct laptop phone
reach_each_other laptop phone || :
on laptop touch finished
wait "$pings" || :
longest_gap() { # FROM TO: the most of those pings in a row without an answer, and how many there were in all
  # shellcheck disable=SC2016 # awk's
  on "$1" awk '/bytes from .*icmp_seq=/ { split($0, part, "icmp_seq="); at = part[2] + 0; if (last && at - last - 1 > most) most = at - last - 1; if (last && at > last) lost += at - last - 1; if (at > last) last = at }
    END { print most + 0, lost + 0, last + 0 }' "ping-$2"
}
read -r most lost all < <(longest_gap laptop phone)
note "$lost of $all pings were lost, at most $most in a row"
# One each 20 ms.
check 'no more was lost in a row than there is in 200 ms' [ "$most" -le 10 ]
