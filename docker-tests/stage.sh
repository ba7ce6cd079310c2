# shellcheck shell=bash
# shellcheck disable=SC2317 # scenarios call what nobody here calls
# The stage of tests/stage/stage.sh made of containers: the same functions, so that the same scenarios play on it. IPv4 only.
# Each host is a container of the image `innernet`, named innernet-HOST, on the network `innernet`.

. docker-tests/engine.sh
# shellcheck disable=SC2034 # others read them
STAGE_DIR='' STAGE_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin STAGE_ENV=()
declare -A STAGE_NUMBER=() STAGE_JOB=()

stage_open() {
  need_engine
  STAGE_DIR=$(mktemp -d /tmp/innernet-stage.XXXXXX)
  chmod 755 "$STAGE_DIR"
  mkdir "$STAGE_DIR"/{bin,log,shared}
  "$DOCKER" network create --subnet 172.18.0.0/16 innernet >/dev/null
}

outside() { printf '172.18.1.%d' "${STAGE_NUMBER[$1]}"; }   # HOST; the server is the first

host_add() {
  local name
  for name; do
    STAGE_NUMBER["$name"]=$((${#STAGE_NUMBER[@]} + 1))
    "$DOCKER" run --detach --rm --name "innernet-$name" --hostname "$name" --network innernet --ip "$(outside "$name")" --cap-add NET_ADMIN \
      --device /dev/net/tun --volume "$STAGE_DIR/shared:/root/shared" --init innernet sleep infinity >/dev/null
  done
}

log_of() { printf '%s' "$STAGE_DIR/log/$1-$2"; }

# shellcheck disable=SC2016 # expanded by the shell in the container
on() { "$DOCKER" exec --env HOME=/root --env LANG=C.UTF-8 "innernet-$1" bash -c 'cd && exec "$@"' on "${@:2}"; }

start() { # HOST LABEL COMMAND...
  # shellcheck disable=SC2016 # expanded by the shell in the container
  on "$1" bash -c 'echo $$ >"/run/stage-$1.pid"; shift; exec setsid "$@"' start "$2" "${@:3}" </dev/null >>"$(log_of "$1" "$2")" 2>&1 &
  STAGE_JOB["$1 $2"]=$!
}

running() { kill -0 "${STAGE_JOB["$1 $2"]}" 2>/dev/null; }

stop() { # HOST LABEL [SIGNAL]
  local status=0
  on "$1" sh -c "kill -${3:-TERM} \$(cat /run/stage-$2.pid)" 2>/dev/null || :
  wait "${STAGE_JOB["$1 $2"]}" || status=$?
  unset "STAGE_JOB[$1 $2]"
  return "$status"
}

stage_close() {
  [ -n "$STAGE_DIR" ] || return 0
  local name
  for name in "${!STAGE_NUMBER[@]}"; do "$DOCKER" rm --force "innernet-$name" >/dev/null 2>&1 || :; done
  { wait; } 2>/dev/null || :
  "$DOCKER" network rm innernet >/dev/null || :
  rm -rf "$STAGE_DIR"
  STAGE_DIR='' STAGE_NUMBER=() STAGE_JOB=()
}

# The kernel is this machine's; whether its WireGuard works in a container shows when a container asks.
stage_has_kernel_wireguard() {
  "$DOCKER" run --rm --cap-add NET_ADMIN innernet ip link add probe0 type wireguard 2>/dev/null
}

# What differs from hosts in namespaces: server and peers are started by the scripts of the image.
stage_scripts() {
  new_network() { run server /app/start-server.sh --only-make; }
  serve_command() { printf '%s\n' /app/start-server.sh "${SERVER_OPTIONS[@]}"; }
  redeem() { run "$1" /app/start-client.sh "$(invitation_of "$1")" "${CLIENT_OPTIONS[@]}" "${@:2}"; }
}
