#!/bin/bash
# What systemd itself says about the unit files: systemd/check.sh PROGRAM...  Exit status 77: systemd is not here.
set -euo pipefail
units=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! command -v systemd-analyze >/dev/null; then
  echo '!!!! NOT CHECKED: the unit files, for systemd-analyze is missing (Debian package systemd) !!!!'
  exit 77
fi
work=$(mktemp -d /tmp/innernet-units.XXXXXX)
trap 'rm -rf "$work"' EXIT

# `verify` wants programs that exist; those of this build stand in.
cp "$units"/*.service "$units"/*.target "$work/"
for program; do
  sed -i "s,^ExecStart=/usr/bin/${program##*/} ,ExecStart=$program ," "$work/${program##*/}@.service"
done
failed=0
for program; do
  unit=${program##*/}@.service
  said=$(SYSTEMD_UNIT_PATH=$work: systemd-analyze verify --man=no --recursive-errors=no "$work/$unit" "$work/innernet.target" 2>&1) || failed=1
  if [ -n "$said" ]; then
    printf '%s: systemd-analyze verify says:\n%s\n' "$unit" "$said"
    failed=1
  fi
  # Tenths: at most 2.1, of which 0.1 is for listen ports below 1024.
  if ! systemd-analyze security --offline=true --no-pager --threshold=21 "$units/$unit" >"$work/security" 2>&1; then
    echo "$unit is more exposed than 2.1:"
    grep -E '✗|Overall|rror' "$work/security"
    failed=1
  fi
  grep -q 'Overall exposure level' "$work/security" || failed=1
  tail -n 1 "$work/security"
done
exit "$failed"
