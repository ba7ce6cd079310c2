# shellcheck shell=bash
# A stage for a network: hosts that share one bridge and nothing else.
#
#   stage_open                    makes the stage: $STAGE_DIR and a switch
#   host_add NAME...              plugs hosts in; each gets its next outside address
#   outside HOST [4|6]            prints the host's address on the bridge
#   on HOST COMMAND...            runs a command there, as root, in the host's home folder
#   start HOST LABEL COMMAND...   the same in the background; output in $(log_of HOST LABEL)
#   stop HOST LABEL [SIGNAL]      ends it (default TERM) and returns its exit status
#   host_pid HOST                 the pid by which `nsenter` finds the host
#   stage_close                   ends every process of the stage and removes its folder
#
# A host is a network, mount, pid and host name namespace: it has an /etc, /run, /var/lib and home folder of its own, and a
# process table in which only its own processes are seen. The bridge lies in a namespace, too, so that nothing of the
# machine that runs the tests is touched and two stages never meet. The kernel ends everything when the shell that opened the stage ends,
# however it ends, because each host's first process dies with it; STAGE_KEEP=1 leaves it up instead.
#
# With STAGE_INIT=systemd in force a host is a small machine that systemd runs (package systemd): its root is this machine's under a layer in memory.
#
# All hosts see $STAGE_DIR/shared, as `shared` in their home folders: the "safe channel" over which people pass invitations on.

STAGE_DIR=
declare -A STAGE_PID=() STAGE_NUMBER=() STAGE_JOB=()
STAGE_HOLDERS=()
STAGE_ENV=()   # NAME=VALUE: added to the environment of every command on a host

stage_spawn() { # NAME: starts the first process of a host
  local name=$1 tie=(setpriv --pdeathsig KILL)
  [ -z "${STAGE_KEEP:-}" ] || tie=(setsid)
  "${tie[@]}" unshare --net --mount --uts --pid --fork --kill-child --mount-proc \
    bash "$STAGE_DIR/first-process" "$STAGE_DIR" "$name" </dev/null >"$STAGE_DIR/log/$name" 2>&1 &
  local holder=$! deadline=$((SECONDS + 60))
  STAGE_HOLDERS+=("$holder")
  disown "$holder"   # it will be killed, and that is nobody's news
  until [ -e "$STAGE_DIR/ready/$name" ]; do
    if ! kill -0 "$holder" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      echo "stage: cannot make the host $name (root and the right to make namespaces are needed): $(tail -n 1 "$STAGE_DIR/log/$name")" >&2
      return 1
    fi
    sleep 0.01
  done
  # setsid forks only when it leads a process group, which a background job of a script does not.
  STAGE_PID["$name"]=$(tr -d ' ' <"/proc/$holder/task/$holder/children")
}

stage_open() {
  STAGE_DIR=$(mktemp -d "${TMPDIR:-/tmp}/innernet-stage.XXXXXX")
  chmod 755 "$STAGE_DIR"
  mkdir "$STAGE_DIR"/{bin,home,log,mnt,ready,shared}
  cp "${BASH_SOURCE[0]%/*}"/{first-process,boot-systemd} "$STAGE_DIR/"   # the folder they lie in may be hidden on the hosts
  STAGE_PATH=$STAGE_DIR/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  stage_spawn switch
  on_switch ip link add br0 type bridge forward_delay 0
  on_switch ip link set br0 up
}

on_switch() { nsenter --target "${STAGE_PID[switch]}" --net -- "$@"; }

# Outside addresses: 198.51.100.0/24 (TEST-NET-2) and 2001:2::/48 (benchmarking), which is global unicast and thus counts as a candidate.
outside() { # HOST [FAMILY]
  if [ "${2:-4}" = 6 ]; then printf '2001:2::%x' "${STAGE_NUMBER[$1]}"; else printf '198.51.100.%d' "${STAGE_NUMBER[$1]}"; fi
}

# Where the commands of a host run; in `shared` it finds what the others hand over.
host_home() { # NAME
  mkdir "$STAGE_DIR/home/$1"
  ln -s "$STAGE_DIR/shared" "$STAGE_DIR/home/$1/shared"
}

host_add() {
  local name number
  for name; do
    number=$((${#STAGE_NUMBER[@]} + 1))
    STAGE_NUMBER["$name"]=$number
    host_home "$name"
    stage_spawn "$name"
    [ -z "${STAGE_NO_DAD:-}" ] || on "$name" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad; echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
    on_switch ip link add "port$number" type veth peer name eth0 netns "${STAGE_PID[$name]}"
    on_switch ip link set "port$number" master br0 up
    on "$name" sh -c "ip address add $(outside "$name" 4)/24 dev eth0 && ip -6 address add $(outside "$name" 6)/64 dev eth0 nodad && ip link set eth0 up"
  done
}

host_pid() { printf '%s' "${STAGE_PID[$1]}"; }
log_of() { printf '%s' "$STAGE_DIR/log/$1-$2"; }

on() { # HOST COMMAND...
  local host=$1
  shift
  # shellcheck disable=SC2016 # expanded by the shell on the host
  nsenter --target "${STAGE_PID[$host]}" --net --mount --uts --pid -- env -i \
    HOME="$STAGE_DIR/home/$host" PATH="$STAGE_PATH" TERM="${TERM:-dumb}" LANG=C.UTF-8 STAGE_DIR="$STAGE_DIR" "${STAGE_ENV[@]}" \
    bash -c 'cd && exec "$@"' on "$@"
}

start() { # HOST LABEL COMMAND...
  local host=$1 label=$2
  shift 2
  : >>"$(log_of "$host" "$label")"   # there at once, for who waits for a line of it
  # shellcheck disable=SC2016 # expanded by the shell on the host
  on "$host" bash -c 'echo $$ >"/run/stage-$1.pid"; shift; exec setsid "$@"' start "$label" "$@" </dev/null >>"$(log_of "$host" "$label")" 2>&1 &
  STAGE_JOB["$host $label"]=$!
}

running() { # HOST LABEL
  kill -0 "${STAGE_JOB["$1 $2"]}" 2>/dev/null
}

stop() { # HOST LABEL [SIGNAL]
  local status=0
  on "$1" sh -c "kill -${3:-TERM} \$(cat /run/stage-$2.pid)" 2>/dev/null || :
  wait "${STAGE_JOB["$1 $2"]}" || status=$?
  unset "STAGE_JOB[$1 $2]"
  return "$status"
}

stage_close() {
  [ -n "$STAGE_DIR" ] || return 0
  # The first processes ignore what a namespace sends them; with its holder's end the kernel ends each and all its children.
  [ "${#STAGE_HOLDERS[@]}" = 0 ] || kill -KILL "${STAGE_HOLDERS[@]}" 2>/dev/null || :
  { wait; } 2>/dev/null || :
  local holder
  for holder in "${STAGE_HOLDERS[@]}"; do
    for _ in {1..500}; do kill -0 "$holder" 2>/dev/null || break; sleep 0.01; done
  done
  [ "${STAGE_INIT:-}" != systemd ] || stage_remove_cgroups
  rm -rf "$STAGE_DIR"
  STAGE_DIR='' STAGE_HOLDERS=() STAGE_PID=() STAGE_NUMBER=() STAGE_JOB=()
}

# What is left of them are folders, as soon as the last process is gone. They are seen where cgroups are mounted anew, in a namespace of its own.
stage_remove_cgroups() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount bash -c '
    mount -t cgroup2 cgroup2 "$1/mnt" || exit
    for _ in {1..200}; do
      find "$1/mnt" -path "$1/mnt/*${1##*/}-*" -depth -type d -exec rmdir {} + 2>/dev/null && break
      sleep 0.02
    done' remove "$STAGE_DIR" || :
}

stage_has_kernel_wireguard() { # true when the kernel can make a WireGuard link; asks in the switch's namespace
  on_switch ip link add probe0 type wireguard 2>/dev/null && on_switch ip link delete probe0
}
