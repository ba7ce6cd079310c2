# shellcheck shell=bash
# An invitation that expires lets nobody in, and frees its name and address.

host_add server late
succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve

succeed server add-peer "$NETWORK" --name late --cidr humans --auto-ip --admin false --save-config "$(invitation_of late)" --invite-expires 1s --yes
address=$(sed -n 's,^address = "\([^/"]*\).*,\1,p' "$(invitation_file late)")

free_again() {
  rm -f "$(invitation_file again)"
  server add-peer "$NETWORK" --name late --cidr humans --ip "$address" --admin false --save-config "$(invitation_of again)" --invite-expires 1d --yes
  [ "$STATUS" = 0 ]
}
if [ "$INNERNET_SERVER_KIND" = ours ]; then
  old_key=$(on server wg show "$NETWORK" peers)
fi
check_soon 'name and address are free again' 30 free_again
if [ "$INNERNET_SERVER_KIND" = ours ]; then
  check 'the old key has left the device' not grep -qF "$old_key" <(on server wg show "$NETWORK" peers)
fi

redeem late
exits 'the expired invitation lets nobody in' 1
check_soon 'and leaves no interface' 5 not link_exists late
check 'nor a configuration' not on late sh -c "ls /etc/innernet/*.conf >/dev/null 2>&1"
check 'and is kept' test -e "$(invitation_file late)"

client late install "$(invitation_of again)" --default-name --delete-invite --no-nat-traversal
exits 'the new one does' 0
check_soon 'and its tunnel works' 10 reaches late server
check 'with the same address' test "$(inside late)" = "$address"
