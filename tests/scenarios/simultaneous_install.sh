# shellcheck shell=bash
# Four invitations redeemed at the same moment, and how long an install takes.

peers=(one two three four)
host_add server "${peers[@]}"
succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve
for peer in "${peers[@]}"; do succeed invite "$peer" humans false; done

timed_redeem() { # PEER: writes the milliseconds and the exit status
  local start
  start=$(now_ms)
  redeem "$1"
  echo "$(($(now_ms) - start)) $STATUS" >"$STAGE_DIR/log/redeemed-$1"
  [ "$STATUS" = 0 ] || printf '%s\n' "$OUT"
}

jobs=()
for peer in "${peers[@]}"; do
  timed_redeem "$peer" &
  jobs+=($!)
done
wait "${jobs[@]}"

for peer in "${peers[@]}"; do
  read -r ms STATUS <"$STAGE_DIR/log/redeemed-$peer"
  exits "$peer is in, with three others at the door" 0
  note "$ms ms"
done

# The server tells where the peers are as soon as it has seen them.
jobs=()
for peer in "${peers[@]}"; do
  succeed client "$peer" fetch "$NETWORK" &
  jobs+=($!)
done
wait "${jobs[@]}"
for from in "${peers[@]}"; do
  for to in "${peers[@]}"; do
    [ "$from" = "$to" ] || check_soon "$from reaches $to" 10 reaches "$from" "$to"
  done
done
keys=$(for peer in "${peers[@]}"; do key_of "$peer"; done | sort -u | wc -l)
check 'four peers have four keys' test "$keys" = 4

# One alone, as people install: from the command to an answer through the tunnel.
best=
for peer in five six seven; do
  host_add "$peer"
  succeed invite "$peer" humans false
  start=$(now_ms)
  succeed redeem "$peer"
  eventually 10 reaches "$peer" server
  ms=$(($(now_ms) - start))
  note "install to working tunnel: $ms ms"
  if [ -z "$best" ] || [ "$ms" -lt "$best" ]; then best=$ms; fi
done
# The promise is for a machine that is not busy with other tests; the best of three stands for it.
if ours; then check "install to working tunnel takes at most 1.5 s (best: $best ms)" test "$best" -le 1500; fi
