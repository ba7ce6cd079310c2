#!/bin/bash
# Makes the image `innernet`, a Debian 12 with the programs of the release build: docker-tests/build-docker-images.sh
# Environment: DOCKER (default docker), INNERNET, INNERNET_SERVER (paths of other programs)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=docker-tests/engine.sh
. ./engine.sh
need_engine

if [ -z "${INNERNET:-}${INNERNET_SERVER:-}" ]; then (cd .. && ./dev build); fi
context=$(mktemp -d /tmp/innernet-image.XXXXXX)
trap 'rm -rf "$context"' EXIT
cp Dockerfile start-server.sh start-client.sh "$context/"
install -m 755 "${INNERNET:-../build/release/bin/innernet}" "$context/innernet"
install -m 755 "${INNERNET_SERVER:-../build/release/bin/innernet-server}" "$context/innernet-server"
"$DOCKER" build --tag innernet "$context"
