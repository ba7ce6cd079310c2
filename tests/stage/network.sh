# shellcheck shell=bash
# Acting in an innernet network on a stage. Needs stage.sh.
#
# Which programs play is set from outside, so that any pair can be tried:
#   INNERNET, INNERNET_SERVER             paths of the two programs (default: the release build)
#   INNERNET_KIND, INNERNET_SERVER_KIND   ours (default) or upstream, which lacks what our specification adds
#   STAGE_BACKEND                         userspace (wireguard-go, default) or kernel
#   STAGE_FAMILY                          4 (default) or 6, inside the tunnel and outside
#   STAGE_SANITIZED                       the programs are those of the build `asan`: what it reports fails the scenario

: "${INNERNET:=build/release/bin/innernet}" "${INNERNET_SERVER:=build/release/bin/innernet-server}"
: "${INNERNET_KIND:=ours}" "${INNERNET_SERVER_KIND:=ours}" "${STAGE_BACKEND:=userspace}" "${STAGE_FAMILY:=4}"

NETWORK=evilcorp
PORT=51820
# shellcheck disable=SC2034 # scenarios use them
if [ "$STAGE_FAMILY" = 6 ]; then
  ROOT=fd66::/48 HUMANS=fd66:0:0:1::/64 ROBOTS=fd66:0:0:2::/64 ISLAND=fd66:0:0:3::/64
else
  ROOT=10.66.0.0/16 HUMANS=10.66.1.0/24 ROBOTS=10.66.2.0/24 ISLAND=10.66.3.0/24
fi

# Each command's exit status and what it said, standard output and errors together as on a terminal.
STATUS=0 OUT=

# Scenarios keep quiet; the demo replaces these two.
before_command() { :; }
after_command() { :; }

network_open() { # a stage on which the two programs are installed
  stage_open
  put_program innernet "$INNERNET" "$INNERNET_KIND"
  put_program innernet-server "$INNERNET_SERVER" "$INNERNET_SERVER_KIND"
  CLIENT_OPTIONS=() SERVER_OPTIONS=()
  if [ -n "${STAGE_SANITIZED:-}" ]; then
    # Leaks are looked for by the unit tests: who has given up the right to trace can't.
    STAGE_ENV+=(ASAN_OPTIONS="detect_leaks=0:log_path=$STAGE_DIR/shared/sanitizer" UBSAN_OPTIONS="log_path=$STAGE_DIR/shared/sanitizer" LLVM_PROFILE_FILE=/dev/null)
  fi
  if [ "$STAGE_BACKEND" = userspace ]; then
    # Ours finds out by itself that the kernel has no WireGuard.
    if [ "$INNERNET_KIND" = upstream ] || stage_has_kernel_wireguard; then CLIENT_OPTIONS=(--backend userspace); fi
    if [ "$INNERNET_SERVER_KIND" = upstream ] || stage_has_kernel_wireguard; then SERVER_OPTIONS=(--backend userspace); fi
    if [ "$INNERNET_KIND$INNERNET_SERVER_KIND" != oursours ]; then upstream_userspace; fi
  fi
}

# Upstream looks for NAME.name files, which wireguard-go does not write on Linux.
#
# It does not wait until an IPv6 address can be used either: its server's bind fails, its client's first connection leaves from another address, or
# neither, as chance has it. Its request to set the link up even clears NOARP, at which the kernel checks addresses anew (net/ipv6/addrconf.c), hence `arp on`
# beforehand; and what is left of the race is decided by a delay of what follows.
upstream_userspace() {
  cat >"$STAGE_DIR/bin/wireguard-go-for-upstream" <<'SCRIPT'
#!/bin/bash
wireguard-go "$@" || exit
ip link set "${@: -1}" up arp on multicast off
echo "${@: -1}" >"/run/wireguard/${@: -1}.name"
SCRIPT
  chmod 755 "$STAGE_DIR/bin/wireguard-go-for-upstream"
  STAGE_ENV+=(WG_USERSPACE_IMPLEMENTATION="$STAGE_DIR/bin/wireguard-go-for-upstream")
  # shellcheck disable=SC2034 # stage.sh reads it
  STAGE_NO_DAD=1
}

put_program() { # NAME PATH KIND: installs a program on all hosts, also over one that runs
  local file=$STAGE_DIR/bin/$1
  rm -f "$file" "$file.upstream"
  if [ "$3" = upstream ] && [ "$STAGE_FAMILY" = 6 ]; then
    install -m 755 "$2" "$file.upstream"
    # -D: the process that is started stays the program itself.
    printf '#!/bin/sh\nexec strace -D -qqq -o /dev/null -e trace=bind,connect -e inject=bind,connect:delay_enter=50000 "%s" "$@"\n' "$file.upstream" >"$file"
    chmod 755 "$file"
  else
    install -m 755 "$2" "$file"
  fi
}

run() { # HOST COMMAND...: sets STATUS and OUT, never fails itself
  local out=$STAGE_DIR/log/run.$BASHPID
  before_command "$@"
  STATUS=0
  on "$@" >"$out" 2>&1 </dev/null || STATUS=$?
  OUT=$(<"$out")
  { printf '%s# %s\n' "$1" "${*:2}"; [ -z "$OUT" ] || printf '%s\n' "$OUT"; echo "[exit $STATUS]"; } >>"$STAGE_DIR/log/transcript"
  after_command "$@"
}

client() { run "$1" innernet "${CLIENT_OPTIONS[@]}" "${@:2}"; }        # HOST ARGUMENTS...
server() { run server innernet-server "${SERVER_OPTIONS[@]}" "$@"; }   # ARGUMENTS...

succeed() { # FUNCTION...: as set-up of a scenario; anything but success ends it
  "$@"
  if [ "$STATUS" != 0 ]; then
    printf 'exit %s of: %s\n%s\n' "$STATUS" "$*" "$OUT" >&2
    return 1
  fi
}

bracketed() { if [ "$STAGE_FAMILY" = 6 ]; then printf '[%s]' "$1"; else printf '%s' "$1"; fi; }

new_network() {
  server new --network-name "$NETWORK" --network-cidr "$ROOT" --listen-port "$PORT" \
    --external-endpoint "$(bracketed "$(outside server "$STAGE_FAMILY")"):$PORT"
}

serve_command() { printf '%s\n' innernet-server serve "${SERVER_OPTIONS[@]}" "$NETWORK"; }

serve() { # starts the server and waits until its API listens
  local command
  mapfile -t command < <(serve_command)
  STATUS=0 OUT=
  before_command server "${command[@]}" '&'
  start server serve "${command[@]}"
  eventually 20 api_listens || { OUT=$(<"$(log_of server serve)") STATUS=1; }
  after_command server "${command[@]}" '&'
}

api_listens() {
  [ -n "$(on server ss -Hltn "sport = :$PORT")" ] || { running server serve || return "$USELESS"; return 1; }
}

# Invitations are passed on in a folder that each host finds in its home folder.
invitation_of() { printf 'shared/%s.toml' "$1"; }        # PEER: as a host names it
invitation_file() { printf '%s' "$STAGE_DIR/shared/$1.toml"; }   # PEER: as this machine names it

inside() { # HOST: its address in the network
  local file=/etc/innernet/$NETWORK.conf
  [ "$1" != server ] || file=/etc/innernet-server/$NETWORK.conf
  on "$1" sed -n 's,^address = "\([^/"]*\).*,\1,p' "$file"
}

key_of() { on "$1" wg show "$NETWORK" public-key; }   # HOST: its public key

reaches() { on "$1" ping -q -n -c 1 -W 1 "$(inside "$2")" >/dev/null 2>&1; }   # HOST HOST

never_reaches() { # HOST HOST: not one of five packets comes back
  ! on "$1" ping -q -n -c 5 -i 0.2 -W 1 "$(inside "$2")" >/dev/null 2>&1
}

# Pings until there is a file `finished` in the home folder of FROM. To be run in the background.
ping_until_finished() { # FROM TO [INTERVAL]
  # shellcheck disable=SC2016 # expanded by the shell on the host
  on "$1" bash -c 'ping -n -i "$3" -W 2 "$1" >"$HOME/ping-$2" & ping=$!; until [ -e "$HOME/finished" ]; do read -rt 0.05 <> <(:) || :; done; kill -INT $ping; wait $ping' \
    ping "$(inside "$2")" "$2" "${3:-0.1}"
}

# Not ping's own figure: the answer to its last packet may have been on the way when it was told to end.
lost_none() { # FROM TO: of those pings
  # shellcheck disable=SC2016 # awk's
  on "$1" awk '/bytes from .*icmp_seq=/ { split($0, part, "icmp_seq="); at = part[2] + 0; if (!(at in seen)) ++answered; seen[at] = 1; if (at > last) last = at }
    / packets transmitted/ { sent = $1 }
    END { exit !(answered > 0 && answered == last && last >= sent - 1) }' "ping-$2"
}

# What a condition returns when waiting for it is useless; not one that programs use (ping and grep say 2 for what may still come).
readonly USELESS=120

eventually() { # SECONDS COMMAND...: polls until it succeeds
  local end=$((SECONDS + $1)) status
  shift
  while :; do
    status=0
    "$@" || status=$?
    [ "$status" != 0 ] || return 0
    [ "$status" != "$USELESS" ] && [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# A network with a running server, one CIDR `humans` and the given peers in it, installed; the first is an admin.
network_of() { # PEER...
  local peer admin=true
  host_add server "$@"
  succeed new_network
  succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
  succeed serve
  for peer; do
    succeed invite "$peer" humans "$admin"
    succeed redeem "$peer"
    admin=false
  done
}

invite() { # PEER CIDR ADMIN [OPTION...]: by the server's own command
  server add-peer "$NETWORK" --name "$1" --cidr "$2" --auto-ip --admin "$3" --save-config "$(invitation_of "$1")" --invite-expires 14d --yes "${@:4}"
}

redeem() { # PEER [OPTION...]
  client "$1" install "$(invitation_of "$1")" --default-name --delete-invite --no-nat-traversal "${@:2}"
}
