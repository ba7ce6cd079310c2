#!/bin/bash
# docker-tests/in-vm.sh where KVM is of no use, with a stand-in for qemu: tests/in_vm_test.sh
# shellcheck disable=SC2317 # `check` calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d /tmp/innernet-in-vm-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
failed=0
check() { # WHAT COMMAND...
  if "${@:2}"; then echo "ok      $1"
  else failed=1; echo "FAILED  $1"; sed 's/^/        | /' "$work/said" "$work/calls"; fi
}

# A kernel that is there needs no download.
mkdir -p "$work/bin" "$work/cache/stand-in/root"
echo stand-in >"$work/cache/current"
echo 6.1.0 >"$work/cache/stand-in/version"
: >"$work/cache/stand-in/complete"
# As qemu does, as far as in-vm.sh can see: WITH_KVM says what happens with KVM, and emulated the command ends at once.
cat >"$work/bin/qemu-system-x86_64" <<'STAND_IN'
#!/bin/bash
echo "$*" >>"$CALLS"
control=$(sed 's/.*id=control,path=\([^,]*\).*/\1/' <<<"$*")
stand_still() { exec sleep infinity; }
internal_error() { printf 'KVM internal error. Suberror: 1\nemulation failure\nRAX=0000000000000000\n' >&2; stand_still; }
case $* in
  *' -accel kvm '*) eval "$WITH_KVM" ;;
  *)
    : >"$control/up"
    echo played >>"$control/out"
    echo 7 >"$control/status"
    stand_still
    ;;
esac
STAND_IN
chmod 755 "$work/bin/qemu-system-x86_64"
export CALLS=$work/calls WITH_KVM

with_kvm() { # BOOT_LIMIT WHAT_HAPPENS
  : >"$CALLS"
  status=0
  WITH_KVM=$2 VM_BOOT_LIMIT=$1 VM_CACHE=$work/cache VM_ACCEL='kvm tcg,thread=multi' PATH=$work/bin:$PATH \
    docker-tests/in-vm.sh -t 60 -- true >"$work/said" 2>&1 </dev/null || status=$?
}
boots() { [ "$(wc -l <"$CALLS")" = "$1" ]; }
says() { grep -qF -- "$1" "$work/said"; }
emulated() { [ "$status" = 7 ] && says played && boots 2 && tail -n 1 "$CALLS" | grep -q -e '-accel tcg,thread=multi -cpu max '; }

with_kvm 60 internal_error
check 'what KVM can not emulate is emulated in the next boot' emulated
check 'and is said' says 'with kvm, failed or is stuck: KVM internal error'
with_kvm 1 stand_still
check 'as is a boot that is stuck' emulated
with_kvm 60 'echo "failed to set MSR" >&2; kill -ABRT $$'
check 'and one that qemu aborts' emulated
check 'whose words are passed on' says 'failed to set MSR'
# shellcheck disable=SC2016 # expanded by the stand-in
with_kvm 60 ': >"$control/up"; internal_error'
check 'a command that has begun is not repeated' boots 1
check 'and the machine is what failed' test "$status" = 125
exit "$failed"
