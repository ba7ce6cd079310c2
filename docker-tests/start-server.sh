#!/bin/bash
# In a container: serves the network evilcorp, and makes it first if it is not there.
#   /app/start-server.sh [--only-make] [OPTION OF SERVE...]
set -euo pipefail
if [ ! -e /etc/innernet-server/evilcorp.conf ]; then
  address=$(ip -4 -oneline address show dev eth0 | sed -n 's,.* inet \([0-9.]*\)/.*,\1,p')
  innernet-server new --network-name evilcorp --network-cidr 10.66.0.0/16 --listen-port 51820 --external-endpoint "$address:51820"
fi
[ "${1:-}" = --only-make ] || exec innernet-server serve "$@" evilcorp
