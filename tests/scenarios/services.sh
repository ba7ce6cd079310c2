# shellcheck shell=bash
# The systemd services on hosts that systemd runs: they start, are killed again and again, are reloaded, stopped and restarted, and the
# tunnel does not notice. With STAGE_PACKAGES=FOLDER the programs and units come from the Debian packages there, and are upgraded at the end.

export STAGE_INIT=systemd
[ -x /lib/systemd/systemd ] || { echo '!!!! NOT RUN: the services, for systemd is not installed !!!!'; exit 0; }

install_on() { # HOST PACKAGE UNIT...
  if [ -n "${STAGE_PACKAGES:-}" ]; then
    cp "$STAGE_PACKAGES/$2"_*.deb "$STAGE_DIR/shared/"
    run "$1" dpkg -i "shared/$(basename "$STAGE_PACKAGES/$2"_*.deb)"
    exits "the package $2 can be installed" 0
  else
    on "$1" install -m 755 "$STAGE_DIR/bin/$2" /usr/bin/
    cp systemd/* "$STAGE_DIR/shared/"
    on "$1" sh -c 'cp shared/*.service shared/*.target /etc/systemd/system/ && systemctl daemon-reload'
  fi
}

service_property() { on "$1" systemctl show --value --property "$3" "$2"; }   # HOST UNIT PROPERTY
is_active() { on "$1" systemctl --quiet is-active "$2"; }
booted() { on "$1" systemctl --quiet is-active stage.target 2>/dev/null; }

host_add server alice
for host in server alice; do check_soon "systemd runs on $host" 30 booted "$host"; done
install_on server innernet-server
install_on alice innernet
# As installed, not those of the stage.
rm -f "$STAGE_DIR/bin/innernet" "$STAGE_DIR/bin/innernet-server"

succeed new_network
succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
run server systemctl start "innernet-server@$NETWORK"
exits 'the server starts and says that it is ready' 0
check 'when it is ready the API listens' test -n "$(on server ss -Hltn "sport = :$PORT")"
succeed invite alice humans true
succeed redeem alice
succeed client alice down "$NETWORK"
run alice systemctl start "innernet@$NETWORK"
exits 'the client starts and says that it is ready' 0
check_soon 'the client service brings the network up' 60 reaches alice server
names() { on "$1" grep -q "alice.$NETWORK.wg" /etc/hosts; }
check_soon 'the server service writes names into the hosts file' 60 names server
check_soon 'and so does the client service' 60 names alice
check 'nothing else was started with them' test "$(on alice systemctl list-units --plain --no-legend 'innernet*@*.service' | wc -l)" = 1

listens_on() { # PORT
  on server sed -i "s/^listen-port = .*/listen-port = $1/" "/etc/innernet-server/$NETWORK.conf"
  on server systemctl reload "innernet-server@$NETWORK"
  eventually 20 api_listens_on "$1"
}
api_listens_on() { [ -n "$(on server ss -Hltn "sport = :$1")" ]; }
check 'the service may listen on a port below 1024' listens_on 443
check 'and on the old one again' listens_on "$PORT"
check_soon 'which the client still knows' 40 reaches alice server

# From here on not a packet may be lost.
ping_until_finished alice server & pinging=$!

restarts() { [ "$(service_property server "innernet-server@$NETWORK" NRestarts)" -ge "$1" ] && [ "$(service_property server "innernet-server@$NETWORK" MainPID)" != 0 ]; }
began=$(now_ms)
for time in 1 2 3 4 5 6 7; do
  on server systemctl kill --kill-whom=main --signal=KILL "innernet-server@$NETWORK"
  eventually 20 restarts "$time" || break
done
took=$(($(now_ms) - began))
note "killed and started again 7 times in $took ms"
check_soon 'killed more than five times, each as soon as it ran, the server comes back' 30 is_active server "innernet-server@$NETWORK"
check 'and was not given up in between' restarts 7
check 'its restarts are not limited' test "$(service_property server "innernet-server@$NETWORK" StartLimitIntervalUSec)" = 0
check 'nor are those of the client' test "$(service_property alice "innernet@$NETWORK" StartLimitIntervalUSec)" = 0

client_pid() { service_property alice "innernet@$NETWORK" MainPID; }
before=$(client_pid)
on alice systemctl kill --kill-whom=main --signal=KILL "innernet@$NETWORK"
client_is_back() { is_active alice "innernet@$NETWORK" && [ "$(client_pid)" != "$before" ] && [ "$(client_pid)" != 0 ]; }
check_soon 'the client is back ten seconds after it was killed' 30 client_is_back

for pair in server:innernet-server alice:innernet; do
  host=${pair%%:*} unit=${pair#*:}@$NETWORK
  pid=$(service_property "$host" "$unit" MainPID)
  run "$host" systemctl reload "$unit"
  exits "$unit reloads" 0
  said() { on "$host" journalctl --quiet --no-pager --unit "$unit" | grep -qiE 'config.* again'; }
  check_soon "$unit reads its config again" 10 said
  complains() { on "$host" journalctl --quiet --no-pager --unit "$unit" | grep 'more rights'; }
  check "the unit lets $unit drop its privileges" not complains
  check "$unit goes on as the same process" test "$pid" = "$(service_property "$host" "$unit" MainPID)"
  run "$host" systemctl stop "$unit"
  exits "$unit stops" 0
  check "the interface on $host stays" link_exists "$host"
  check "$unit ended without an error" test "$(service_property "$host" "$unit" Result)" = success
  check "the tunnel carries while $unit is stopped" reaches alice server
  run "$host" systemctl start "$unit"
  exits "$unit starts again on what it finds" 0
done
run alice systemctl restart innernet.target
exits 'innernet.target restarts the networks of a machine' 0
check_soon 'and they are back' 20 is_active alice "innernet@$NETWORK"

# As doc/guide/install.md says for people who run the client without root: files of a group and of somebody in it.
store=/var/lib/innernet/$NETWORK.json
on alice sh -c "mkdir -p '/etc/systemd/system/innernet@.service.d' && printf '%s\n' '[Service]' \
  'CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER' 'SystemCallFilter=@chown' >'/etc/systemd/system/innernet@.service.d/group.conf' &&
  systemctl daemon-reload && chgrp -R users /etc/innernet /var/lib/innernet && chmod -R g+rwX /etc/innernet /var/lib/innernet && chown nobody $store"
succeed server rename-cidr "$NETWORK" --name humans --new-name people --yes
run alice systemctl restart "innernet@$NETWORK"
exits 'with a drop-in the client service starts on files of a group' 0
renamed() { on alice grep -q '"people"' "$store"; }
check_soon 'and saves what has changed' 60 renamed
check 'for their owner and group' test "$(on alice stat -c '%U %G %a' "$store")" = 'nobody users 660'

if [ -n "${STAGE_PACKAGES:-}" ]; then
  newer=$STAGE_DIR/newer
  for pair in server:innernet-server alice:innernet; do
    host=${pair%%:*} package=${pair#*:}
    pid=$(service_property "$host" "$package@$NETWORK" MainPID)
    dpkg-deb -R "$STAGE_PACKAGES/$package"_*.deb "$newer-$package"
    sed -i 's/^Version: .*/&+newer/' "$newer-$package/DEBIAN/control"
    dpkg-deb -b "$newer-$package" "$STAGE_DIR/shared/$package-newer.deb" >/dev/null
    run "$host" dpkg -i "shared/$package-newer.deb"
    exits "an upgrade of $package works while the network is up" 0
    anew() { local now; now=$(service_property "$host" "$package@$NETWORK" MainPID); [ "$now" != 0 ] && [ "$now" != "$pid" ] && is_active "$host" "$package@$NETWORK"; }
    check_soon "the upgrade restarted $package" 20 anew
  done
fi
on alice touch finished
wait "$pinging" || :
run alice tail -n 3 ping-server
check 'no packet was lost' lost_none alice server
note "$(grep 'packets transmitted' <<<"$OUT")"

is_over() { [ "$(service_property "$1" "$2" SubState)" = dead ] && [ "$(service_property "$1" "$2" Result)" = success ]; }
succeed server uninstall "$NETWORK" --yes
check_soon 'the service of a network that is uninstalled ends, and is not started again' 20 is_over server "innernet-server@$NETWORK"
if [ -n "${STAGE_PACKAGES:-}" ]; then
  run alice dpkg --remove innernet
  exits 'the package innernet can be removed' 0
  check 'the service of a removed package is stopped' not is_active alice "innernet@$NETWORK"
  check 'its config stays' on alice test -s "/etc/innernet/$NETWORK.conf"
else
  succeed client alice uninstall "$NETWORK" --yes
  check_soon 'and so does that of a peer that leaves the network' 20 is_over alice "innernet@$NETWORK"
fi
