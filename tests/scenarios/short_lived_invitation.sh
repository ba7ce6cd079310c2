# shellcheck shell=bash
# An invitation of a second: when it is over, its name and address are free again.

. tests/stage/evilcorp.sh
# shellcheck disable=SC2119 # with nobody yet
evilcorp_with
host_add client2
succeed invite_robot client2 --invite-expires 1s
address=$(sed -n 's,^address = "\([^/"]*\).*,\1,p' "$(invitation_file client2)")
cp "$(invitation_file client2)" "$(invitation_file expired)"

free_again() {
  rm -f "$(invitation_file client2)"
  client client1 add-peer "$NETWORK" --name client2 --cidr robots --ip "$address" --admin false --save-config "$(invitation_of client2)" --invite-expires 1d --yes
  [ "$STATUS" = 0 ]
}
check_soon 'name and address are free again after 11 seconds' 20 free_again
client client2 install "$(invitation_of expired)" --default-name --no-nat-traversal
exits 'the old invitation lets nobody in' 1
succeed redeem client2
succeed client client1 fetch "$NETWORK"
check 'the new one gives the same address' test "$(inside client2)" = "$address"
check_soon 'and a tunnel' 20 reaches client2 client1
