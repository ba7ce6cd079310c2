#!/bin/bash
# In a container: redeems an invitation, and looks after its network if told so: /app/start-client.sh [--daemon] INVITATION [OPTION OF INSTALL...]
set -euo pipefail
daemon=
if [ "${1:-}" = --daemon ]; then daemon=1; shift; fi
innernet install "$1" --default-name --delete-invite --no-nat-traversal "${@:2}"
[ -z "$daemon" ] || exec innernet up evilcorp --daemon --interval 60
