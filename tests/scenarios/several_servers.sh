# shellcheck shell=bash
# A network whose database is PostgreSQL, and two servers of it: one serves, the other one stands by, and takes over when the first one dies, is cut off or
# stops. What was acknowledged is there, a key that was revoked does not come back, and peers lose no packet.

# shellcheck source=tests/stage/postgresql.sh
. tests/stage/postgresql.sh

postgresql_add database
host_add server standby alice bob carol
new_network() {
  server new --network-name "$NETWORK" --network-cidr "$ROOT" --listen-port "$PORT" \
    --external-endpoint "$(bracketed "$(outside server "$STAGE_FAMILY")"):$PORT" --database "$(database_url database)"
}
succeed new_network
check 'new says where the database is' grep -q "postgresql://.*/innernet" <<<"$OUT"
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve
for peer in alice bob; do
  succeed invite "$peer" humans "$([ "$peer" = alice ] && echo true || echo false)"
  succeed redeem "$peer"
done
check_soon 'alice reaches bob' 15 reaches alice bob
