# shellcheck shell=bash
# Two invitations are redeemed at the same moment, and both peers are in.

. tests/stage/evilcorp.sh
evilcorp_with client2 client3
jobs=()
for peer in client2 client3; do
  { redeem "$peer"; echo "$STATUS" >"$STAGE_DIR/log/redeemed-$peer"; } &
  jobs+=($!)
done
wait "${jobs[@]}"
for peer in client2 client3; do
  STATUS=$(<"$STAGE_DIR/log/redeemed-$peer")
  exits "$peer is in, with another at the door" 0
done
for peer in client1 client2 client3; do succeed client "$peer" fetch "$NETWORK"; done
check_soon 'the robots reach each other' 20 reaches client2 client3
for peer in client2 client3; do check_soon "$peer reaches the human" 20 reaches "$peer" client1; done
check 'three peers have three keys' test "$(for peer in client1 client2 client3; do key_of "$peer"; done | sort -u | wc -l)" = 3
