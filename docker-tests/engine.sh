# shellcheck shell=bash
# The container engine: $DOCKER, docker unless another is named.

DOCKER=${DOCKER:-docker}

need_engine() { # ends the script, loudly, where there is none
  "$DOCKER" info >/dev/null 2>&1 && return
  echo "!!!! NOT RUN: no container engine answers \"$DOCKER info\" (not installed, not running, or not for this user) !!!!" >&2
  echo '     ./dev test namespaces plays the same scenarios without one.' >&2
  exit 3
}
