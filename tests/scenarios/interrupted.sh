# shellcheck shell=bash
# What is cut short at any moment: installs, a server that is killed, output that nobody takes. The same command again, or the next start, puts it right.

network_of alice
host_add bob

# --- Ctrl-C while the server does not answer ---
succeed invite bob humans false
# Connections are made, but no request arrives.
on server nft "add table inet deaf; add chain inet deaf in { type filter hook input priority filter; }; add rule inet deaf in tcp dport $PORT meta length > 120 drop"
start bob install innernet "${CLIENT_OPTIONS[@]}" install "$(invitation_of bob)" --default-name --no-nat-traversal
registering() { on bob ss -Htn state established | grep -q ":$PORT"; }
check_soon 'an install waits for a server that does not answer' 20 registering
STATUS=0
stop bob install INT || STATUS=$?
# shellcheck disable=SC2034 # `check` shows it
OUT=$(<"$(log_of bob install)")
check 'Ctrl-C ends it with an error' test "$STATUS" != 0
check 'and removes its link' not link_exists bob
check 'and keeps the invitation' test -e "$(invitation_file bob)"
on server nft delete table inet deaf

# --- an invitation that can't be deleted: somebody has mounted it ---
on bob mount --bind "$(invitation_file bob)" "$(invitation_file bob)"
redeem bob
exits 'the same install again works, also if the invitation cannot be deleted' 0 'invitation'
check 'which is still there' on bob test -e "$(invitation_file bob)"
check_soon 'and its tunnel works' 10 reaches bob server
on bob umount "$(invitation_file bob)"

# --- installs that are killed ---
host_add carol
for delay in 0.01 0.02 0.03 0.04 0.05 0.06 0.08 0.1; do
  peer=c${delay#0.}
  succeed invite "$peer" humans false
  run carol timeout --signal KILL "$delay" innernet "${CLIENT_OPTIONS[@]}" install "$(invitation_of "$peer")" --default-name --no-nat-traversal
  if on carol test -e "/etc/innernet/$NETWORK.conf"; then
    client carol up "$NETWORK" --no-nat-traversal
    exits "killed after $delay s, the peer was in already, and up brings it up" 0
  else
    client carol install "$(invitation_of "$peer")" --default-name --no-nat-traversal
    exits "killed after $delay s, the same install again gets the peer in" 0
  fi
  check_soon 'with a tunnel that works' 10 reaches carol server
  succeed client carol uninstall "$NETWORK" --yes
  check_soon 'and nothing is left of it' 10 not link_exists carol
  check 'and no file' no_files_of_network carol /etc/innernet /var/lib/innernet
done

# --- serve is killed right after a change ---
succeed client alice add-cidr "$NETWORK" --name robots --cidr "$ROBOTS" --parent "$NETWORK" --yes
stop server serve KILL || :
succeed serve
client alice fetch "$NETWORK" --no-nat-traversal
exits 'a server that was killed starts again' 0
client alice list-cidrs "$NETWORK"
exits 'with the change that it had answered' 0 robots
check 'and the database is whole' test "$(on server python3 -c "import sqlite3; print(sqlite3.connect('/var/lib/innernet-server/$NETWORK.db').execute('PRAGMA integrity_check').fetchone()[0])")" = ok

# --- output that goes nowhere ---
run alice sh -c "innernet ${CLIENT_OPTIONS[*]} disable-peer $NETWORK --name bob --yes >/dev/full"
exits 'a full disk behind standard output is an error' 1 'output|space'
check_soon 'but the command has done its work' 5 not grep -qF "$(key_of bob)" <(on server wg show "$NETWORK" peers)
client alice enable-peer "$NETWORK" --name bob --yes
exits 'and the next one works' 0
run alice sh -c "innernet ${CLIENT_OPTIONS[*]} disable-peer $NETWORK --name bob --yes >&-"
exits 'with standard output closed, too' 0
succeed client alice enable-peer "$NETWORK" --name bob --yes

# --- what a service manager is told ---
stop server serve || :
cat >"$STAGE_DIR/manager.py" <<'PYTHON'
import os, socket, subprocess, sys
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind("/run/manager.sock")
os.chmod("/run/manager.sock", 0o777)
told.settimeout(30)
serve = subprocess.Popen(sys.argv[1:], env={**os.environ, "NOTIFY_SOCKET": "/run/manager.sock", "WATCHDOG_USEC": "1000000"})
seen = []
try:
    while seen.count("WATCHDOG=1") < 3 or "READY=1" not in seen:
        seen += told.recv(4096).decode().splitlines()
    serve.terminate()
    while "STOPPING=1" not in seen:
        seen += told.recv(4096).decode().splitlines()
finally:
    if not seen or "STOPPING=1" not in seen:
        serve.kill()
    print(" ".join(line for line in seen if line != "WATCHDOG=1"), "exit", serve.wait(), flush=True)
PYTHON
mapfile -t command < <(serve_command)
run server python3 "$STAGE_DIR/manager.py" "${command[@]}"
exits 'serve says when it is ready, that it lives, and that it stops' 0 'READY=1 .*STOPPING=1 .*exit 0'
