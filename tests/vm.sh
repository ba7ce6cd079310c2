#!/bin/bash
# The kernel's WireGuard, in a virtual machine: the integration tests of wireguard-control and of the relay, and end-to-end scenarios: tests/vm.sh [RESULT_FILE]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
result=${1:-}
share=$(mktemp -d /tmp/innernet-vm-share.XXXXXX)
trap 'rm -rf "$share"' EXIT

# An emulated processor is ten times slower, so the guest plays what differs most between the kernel and wireguard-go.
SCENARIOS=(life:4 life:6 deleted_interface:4 services:4)

passed=0 failed=0
integrations=(wireguard-control/innernet_wireguard_integration relay/innernet_relay_integration)

# One boot for all: each costs up to half a minute.
cat >"$share/guest" <<GUEST
for integration in ${integrations[*]}; do
  log=$share/\${integration##*/}
  build/release/\$integration kernel --gtest_color=no >"\$log.log" 2>&1
  echo \$? >"\$log.status"
  tail -n 15 "\$log.log"
done
tests/end-to-end.sh --backend kernel --jobs 1 --result "$share/scenarios" ${SCENARIOS[*]}
GUEST
in_guest() {
  docker-tests/in-vm.sh -s "$share" -t 1200 -e INNERNET="${INNERNET:-build/release/bin/innernet}" -e INNERNET_SERVER="${INNERNET_SERVER:-build/release/bin/innernet-server}" \
    -e INNERNET_KIND="${INNERNET_KIND:-ours}" -e INNERNET_SERVER_KIND="${INNERNET_SERVER_KIND:-ours}" -- bash "$share/guest"
}
status=0
in_guest || status=$?
if [ "$status" = 125 ]; then
  echo 'the virtual machine failed amid the tests (KVM may do so, where it can boot at all); once more, emulated'
  status=0
  VM_ACCEL=tcg,thread=multi in_guest || status=$?
fi
[ "$status" = 0 ] || echo "the guest ended with status $status"

for integration in "${integrations[@]}"; do
  log=$share/${integration##*/}
  if [ "$(cat "$log.status" 2>/dev/null)" = 0 ]; then
    passed=$((passed + $(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log.log")))
  else
    failed=$((failed + 1))
  fi
done
if read -r p f <"$share/scenarios"; then passed=$((passed + p)) failed=$((failed + f)); else failed=$((failed + 1)); fi 2>/dev/null
echo "$passed passed, $failed failed"
[ -z "$result" ] || echo "$passed $failed" >"$result"
[ "$failed" = 0 ]
