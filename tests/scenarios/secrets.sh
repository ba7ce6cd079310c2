# shellcheck shell=bash
# No secret key ever shows in what a program prints, nor in the arguments or the environment of a process, at any log level; in the memory of a
# process that goes on it is in locked pages alone.

# Finds each of the keys (base64, a line each, in the first file) in the other files, in base64, hex and upper-case hex.
cat >"$STAGE_DIR/find_keys.py" <<'PYTHON'
import base64, sys
with open(sys.argv[1], encoding="ascii") as file:
    keys = [base64.b64decode(line) for line in file.read().split()]
found = 0
for path in sys.argv[2:]:
    with open(path, "rb") as file:
        text = file.read()
    for key in keys:
        whole = base64.b64encode(key)
        for form in (whole, whole.rstrip(b"="), key.hex().encode(), key.hex().upper().encode(), key):
            if form in text:
                print(f"{path}: a key")
                found += 1
                break
print(f"{len(keys)} keys looked for in {len(sys.argv) - 2} files")
sys.exit(1 if found else 0)
PYTHON
# Finds them, and pieces of them, in the memory of a process, where it is not locked: PID, then the file with the keys.
cat >"$STAGE_DIR/find_keys_in_memory.py" <<'PYTHON'
import base64, re, sys
pid = sys.argv[1]
with open(sys.argv[2], encoding="ascii") as file:
    keys = [base64.b64decode(line) for line in file.read().split()]
pieces = set()
for key in keys:
    for form, size in ((key, 8), (base64.b64encode(key), 12), (key.hex().encode(), 16)):
        pieces |= {form[at:at + size] for at in range(0, len(form) - size + 1, size // 2)}
mappings = []
with open(f"/proc/{pid}/smaps", encoding="utf-8") as smaps:
    for line in smaps:
        if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line):
            mappings.append([int(head[1], 16), int(head[2], 16), head[3], head[4], False])
        elif line.startswith("VmFlags:"):
            mappings[-1][4] = "lo" in line.split()
locked = loose = 0
with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
    for begin, end, rights, name, is_locked in mappings:
        if not rights.startswith("rw"):
            continue
        memory.seek(begin)
        try:
            bytes_there = memory.read(end - begin)
        except OSError:
            continue
        found = sum(piece in bytes_there for piece in pieces)
        if found and is_locked:
            locked += 1
        elif found:
            loose += 1
            print(f"{found} pieces of keys in {name or hex(begin)}")
print(f"keys in {locked} locked mappings and {loose} others")
sys.exit(1 if loose else 0 if locked else 2)
PYTHON
keys=$STAGE_DIR/keys evidence=$STAGE_DIR/evidence
mkdir "$evidence"
# shellcheck disable=SC2034 # read by the checks
find_keys() { # FILE...
  STATUS=0
  OUT=$(python3 "$STAGE_DIR/find_keys.py" "$keys" "$@" 2>&1) || STATUS=$?
  return "$STATUS"
}

# First the search itself: a search that finds nothing proves nothing otherwise.
(umask 077 && wg genkey >"$keys")
cp "$keys" "$evidence/base64"
base64 -d "$keys" | od -An -v -tx1 | tr -d ' \n' >"$evidence/hex"
tr a-f A-F <"$evidence/hex" >"$evidence/upper"
echo 'nothing here' >"$evidence/clean"
for form in base64 hex upper; do check "a planted key is found in $form" not find_keys "$evidence/$form"; done
check 'and nothing where there is none' find_keys "$evidence/clean"
rm -f "$evidence"/* "$keys"

# Everything as loud as it goes. What starts wireguard-go notes its arguments and its environment first.
cat >"$STAGE_DIR/bin/wireguard-go" <<'SCRIPT'
#!/bin/bash
tr '\0' '\n' <"/proc/$$/cmdline" >>"$STAGE_DIR/evidence/wireguard-go.cmdline.$$"
tr '\0' '\n' <"/proc/$$/environ" >>"$STAGE_DIR/evidence/wireguard-go.environ.$$"
exec /usr/bin/wireguard-go "$@" >>"$STAGE_DIR/evidence/wireguard-go.log.$$" 2>&1
SCRIPT
chmod 755 "$STAGE_DIR/bin/wireguard-go"
STAGE_ENV+=(RUST_LOG=trace INNERNET_LOG=trace LOG_LEVEL=verbose)
CLIENT_OPTIONS+=(-vv)

host_add server alice bob
# Watches the processes of a host as long as it can: the short-lived ones, too.
for host in server alice bob; do
  # shellcheck disable=SC2016 # expanded by the shell on the host
  start "$host" watch bash -c '
    while :; do
      for process in /proc/[0-9]*; do
        case $(<"$process/comm") in
          innernet* | wireguard-go*) cat "$process/cmdline" "$process/environ" >>"$STAGE_DIR/evidence/processes-$1" ;;
        esac 2>/dev/null
      done
    done' watch "$host"
done

succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed serve
collect() { sed -n 's/^private-key = "\(.*\)"/\1/p' "$@" >>"$keys"; }
for peer in alice bob; do
  succeed invite "$peer" humans true
  collect "$(invitation_file "$peer")"
  succeed redeem "$peer"
  on "$peer" cat "/etc/innernet/$NETWORK.conf" >"$STAGE_DIR/conf"
  collect "$STAGE_DIR/conf"
done
on server cat "/etc/innernet-server/$NETWORK.conf" >"$STAGE_DIR/conf"
collect "$STAGE_DIR/conf"
rm "$STAGE_DIR/conf"
succeed client alice fetch "$NETWORK"
client alice list
client alice set-listen-port "$NETWORK" --listen-port 51821 --yes
client alice override-endpoint "$NETWORK" --endpoint 192.0.2.7:51821 --yes
client alice down "$NETWORK"
check_soon 'alice is down' 5 not link_exists alice
# shellcheck disable=SC2016 # expanded by the shell on the host
on alice sh -c 'printf "%s\n" "private-key = \"$(wg genkey)x\"" >/etc/innernet/bad.conf'
on alice sed -n 's/^private-key = "\(.*\)x"/\1/p' /etc/innernet/bad.conf >>"$keys"
client alice up bad
exits 'a configuration with a bad key is refused' 1
start alice daemon innernet "${CLIENT_OPTIONS[@]}" up "$NETWORK" --daemon --interval 1
check_soon 'the daemon brings it up' 10 link_exists alice
check_soon 'and it works' 20 reaches alice server
for host in server alice bob; do stop "$host" watch KILL || :; done
keeps_keys_in_locked_memory() { # HOST LABEL
  # shellcheck disable=SC2016 # expanded by the shell on the host
  run "$1" bash -c 'exec python3 "$STAGE_DIR/find_keys_in_memory.py" "$(cat "/run/stage-$1.pid")" "$STAGE_DIR/keys"' find "$2"
  [ "$STATUS" = 0 ]
}
# shellcheck disable=SC2016 # Python's
start server careless python3 -c 'import os, time; text = open(os.environ["STAGE_DIR"] + "/keys").read(); print("has read them", flush=True); time.sleep(600)'
careless_has_read() { grep -q 'has read them' "$(log_of server careless)"; }
check_soon 'a careless process has keys' 10 careless_has_read
finds_loose_keys() { ! keeps_keys_in_locked_memory "$@" && [ "$STATUS" = 1 ]; }
check 'which are found in its memory' finds_loose_keys server careless
stop server careless || :
# Not under AddressSanitizer: it lets nobody lock memory, and keeps what was freed.
if [ -z "${STAGE_SANITIZED:-}" ]; then
  check 'the memory of serve has keys, in locked pages alone' keeps_keys_in_locked_memory server serve
  # A daemon reads its config for each round, and has nothing of it in between.
  has_no_keys_left() { keeps_keys_in_locked_memory "$@" || [ "$STATUS" = 2 ]; }
  check 'that of the daemon has none, or in locked pages' has_no_keys_left alice daemon
fi

check 'there are keys to look for' test "$(wc -l <"$keys")" -ge 6
check 'the processes were seen' test -s "$evidence/processes-server" -a -s "$evidence/processes-alice"
check 'at trace level nothing is printed that holds a key' find_keys "$STAGE_DIR/log"/*
check 'no process had a key in its arguments or environment' find_keys "$evidence"/*
