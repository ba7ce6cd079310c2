# shellcheck shell=bash
# A stage whose hosts are like machines on which the packages are installed: services run and scp reaches the others. Needs network.sh.
#
#   machines_open maybe-systemd | no-systemd   opens the stage
#   machines_furnish                           when all hosts are there
#
# Services run as on a real machine, by systemd and with the project's units, if systemd is installed here; else tests/stage/stand-ins starts them.

machines_open() {
  if [ -x /lib/systemd/systemd ] && [ "$1" = maybe-systemd ]; then export STAGE_INIT=systemd; fi
  network_open
  install -m 755 tests/stage/stand-ins/scp "$STAGE_DIR/bin/"
  mkdir "$STAGE_DIR/units"
  cp systemd/* "$STAGE_DIR/units/"
  if [ "${STAGE_INIT:-}" != systemd ]; then install -m 755 tests/stage/stand-ins/{systemctl,journalctl} "$STAGE_DIR/bin/"; fi
}

machines_furnish() {
  local host
  [ "${STAGE_INIT:-}" = systemd ] || return 0
  for host in "${!STAGE_PID[@]}"; do [ "$host" = switch ] || furnish "$host"; done
  # As installed, not those of the stage.
  rm "$STAGE_DIR/bin/innernet" "$STAGE_DIR/bin/innernet-server"
}

furnish() { # HOST: what the packages install, once systemd is there
  eventually 60 on "$1" systemctl --quiet is-active stage.target 2>/dev/null
  on "$1" install -m 755 "$STAGE_DIR/bin/innernet" "$STAGE_DIR/bin/innernet-server" /usr/bin/
  # shellcheck disable=SC2016 # expanded by the shell on the host
  on "$1" bash -c 'cp "$STAGE_DIR"/units/*.service "$STAGE_DIR"/units/*.target /lib/systemd/system/ && systemctl daemon-reload'
}
