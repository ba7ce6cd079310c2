#!/bin/bash
# Runs a command as root in a throw-away virtual machine whose kernel has WireGuard.
#
#   docker-tests/in-vm.sh [-s FOLDER] [-t SECONDS] [-e NAME[=VALUE]]... [-v] [--] COMMAND [ARGUMENT...]
#
# The guest runs Debian's packaged kernel, which is only unpacked into a cache, never installed. Its root is that of this machine,
# read-only under a layer in memory, so that programs built here run there at the same paths and nothing that they do stays. What shall stay
# is written to FOLDER (-s), which is shared for writing. There is no network card: nothing leaves the guest.
#
# Output is passed on as it comes; the exit status is the command's (124: no result after SECONDS, default 300; 125: the machine failed).
#
# Debian packages: qemu-system-x86 busybox-static kmod cpio xz-utils
# Environment: VM_CACHE (default ~/.cache/innernet-vm), VM_MEM (MiB, default 2048), VM_SMP (default 2),
#   VM_ACCEL (what to boot with, one after the other until a boot works; default: "kvm tcg,thread=multi", without a /dev/kvm the latter),
#   VM_BOOT_LIMIT (seconds before a boot that is stuck is started again, default 40, doubled with each attempt)
set -euo pipefail

began=$EPOCHREALTIME
die() { echo "in-vm: $*" >&2; exit 125; }
usage() { sed -n '4,16s/^# \{0,1\}//p' "$0"; exit "$1"; }

share='' limit=300 verbose='' variables=()
while getopts ':s:t:e:vh' option; do
  case $option in
    s) share=$OPTARG ;;
    t) limit=$OPTARG ;;
    e) case $OPTARG in *=*) variables+=("$OPTARG") ;; *) variables+=("$OPTARG=${!OPTARG-}") ;; esac ;;
    v) verbose=1 ;;
    h) usage 0 ;;
    *) usage 125 >&2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage 125 >&2
say() { [ -z "$verbose" ] || printf 'in-vm: %6.2f s  %s\n' "$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')" "$*" >&2; }

needs() { local tool; for tool; do command -v "$tool" >/dev/null || die "$tool is missing"; done; }
needs qemu-system-x86_64 flock
cache=${VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/innernet-vm}
mkdir -p "$cache"
cache=$(realpath "$cache")

# ---- the kernel and the first file system, made once per cache ----------------------------------------------------------

uncompress_kernel() { # VMLINUZ OUT: an ELF kernel boots by PVH; uncompressing itself in an emulated machine would take seconds
  local magic tool offset
  for magic in '\xFD7zXZ\x00:xz' '\x28\xB5\x2F\xFD:zstd' '\x02\x21\x4C\x18:lz4' '\x1F\x8B\x08:gzip'; do
    tool=${magic#*:}
    command -v "$tool" >/dev/null || continue
    while read -r offset; do
      { tail -c "+$((offset + 1))" "$1" | "$tool" -dc >"$2"; } 2>/dev/null || :
      [ "$(head -c 4 "$2" | tr -d '\0')" != $'\x7fELF' ] || return 0
    done < <(LC_ALL=C grep -obUaP "${magic%%:*}" "$1" | cut -d: -f1)
  done
  return 1
}

unpack_kernel() { # PACKAGE FOLDER
  local package=$1 folder=$2 version
  say "unpacking $package"
  rm -rf "$folder"
  mkdir -p "$folder/root"
  (cd "$folder" && apt-get -q -o APT::Sandbox::User=root download "$package" >&2) || die "cannot download $package; try apt-get update"
  dpkg -x "$folder"/*.deb "$folder/root"
  rm -f "$folder"/*.deb
  version=$(basename "$folder"/root/lib/modules/*)
  # A network test needs few of the drivers: 400 MB become 60.
  (cd "$folder/root/lib/modules/$version/kernel" && rm -rf sound drivers/{gpu,media,infiniband,scsi,staging,usb,hid,iio,ata,mtd,input,hwmon,nvme,target} \
    drivers/net/{ethernet,wireless,usb,phy,can} fs/{btrfs,xfs,ocfs2,ceph,nfs,nfsd,smb,cifs,gfs2,f2fs,jfs} net/{bluetooth,wireless,mac80211,ceph,sunrpc,nfc,can})
  uncompress_kernel "$folder/root/boot/vmlinuz-$version" "$folder/kernel" || cp "$folder/root/boot/vmlinuz-$version" "$folder/kernel"
  depmod -b "$folder/root" "$version" 2>/dev/null
  echo "$version" >"$folder/version"
}

# The guest's first program: loads what mounting needs, lays a layer in memory over the shared root and goes on there.
first_program() {
  cat <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
for module in /modules/*; do $b insmod $module || echo "insmod $module failed" >/dev/kmsg; done
fail() { echo "in-vm: $*" >/dev/console; $b reboot -f; }
options=trans=virtio,version=9p2000.L,msize=512000
$b mount -t 9p -o ro,cache=loose,$options root /lower || fail "cannot mount the root"
$b mount -t tmpfs -o mode=755 tmpfs /upper && $b mkdir /upper/data /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /new || fail "cannot mount the layer"
cd /new
for folder in proc sys dev run; do $b mkdir -p $folder; done
$b mount -t sysfs sysfs sys
$b mount --move /proc proc
$b mount --move /dev dev
$b mkdir -p dev/pts dev/shm
$b ln -s /proc/self/fd dev/fd
$b mount -t devpts -o mode=620,ptmxmode=666 devpts dev/pts
$b mount -t tmpfs -o mode=1777 tmpfs dev/shm
$b mount -t tmpfs -o mode=755 tmpfs run
$b mkdir -p run/in-vm run/lock run/netns
$b mount -t 9p -o rw,cache=mmap,$options control run/in-vm || fail "cannot mount the control folder"
. run/in-vm/settings
$b mkdir -p ".$SHARE"
$b mount -t 9p -o rw,cache=mmap,$options share ".$SHARE" || fail "cannot mount the shared folder"
$b rm -rf lib/modules 2>/dev/null; $b mkdir -p lib/modules
$b ln -s "$MODULES" "lib/modules/$($b uname -r)"
$b ifconfig lo up
exec $b switch_root /new /run/in-vm/second
INIT
}

make_first_file_system() { # FOLDER
  local folder=$1 version tree number=10 module file
  say 'making the first file system'
  version=$(<"$folder/version")
  tree=$(mktemp -d "$cache/tree.XXXXXX")
  mkdir -p "$tree"/{bin,modules,proc,sys,dev,lower,upper,new}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  for module in virtio_mmio virtio_pci 9pnet_virtio 9p overlay; do
    while read -r file; do
      [ -z "$(find "$tree/modules" -name "*-${file##*/}")" ] || continue
      cp "$file" "$tree/modules/$number-${file##*/}"
      number=$((number + 1))
    done < <(modprobe -d "$folder/root" -S "$version" --show-depends "$module" 2>/dev/null | awk '$1 == "insmod" { print $2 }')
  done
  first_program >"$tree/init"
  chmod +x "$tree/init"
  (cd "$tree" && find . | cpio -o -H newc --quiet) >"$folder/first.cpio.new"
  mv "$folder/first.cpio.new" "$folder/first.cpio"
  rm -rf "$tree"
}

exec {lock}>"$cache/lock"   # several tests may come at once
flock "$lock"
if [ -s "$cache/current" ]; then
  package=$(<"$cache/current")   # what we have is good enough, and needs no network
else
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: *\(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
  [ -n "$package" ] || die 'apt knows no linux-image-amd64; try apt-get update'
fi
kernel=$cache/$package
if [ ! -e "$kernel/complete" ]; then
  needs busybox depmod modprobe cpio xz
  unpack_kernel "$package" "$kernel"
  make_first_file_system "$kernel"
  : >"$kernel/complete"
  echo "$package" >"$cache/current"
fi
flock -u "$lock"
exec {lock}>&-

# ---- this machine -------------------------------------------------------------------------------------------------------

# Where KVM is, it may still not start a guest, or stop a real kernel at an instruction that it can't emulate. Only a boot tells.
if [ -n "${VM_ACCEL:-}" ]; then read -r -a accels <<<"$VM_ACCEL"
elif [ -w /dev/kvm ]; then accels=(kvm 'tcg,thread=multi')
else accels=('tcg,thread=multi'); fi

work=$(mktemp -d /tmp/innernet-vm.XXXXXX)
qemu_pid='' readers=()
end_machine() {
  [ -n "$qemu_pid" ] || return 0
  kill -KILL "$qemu_pid" 2>/dev/null || :
  while kill -0 "$qemu_pid" 2>/dev/null; do sleep 0.02; done
  qemu_pid=
}
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
  local status=$?
  trap - EXIT
  end_machine
  [ "${#readers[@]}" = 0 ] || kill "${readers[@]}" 2>/dev/null || :
  { wait; } 2>/dev/null || :
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

control=$work/control
mkdir "$control"
: >"$control/out"
: >"$control/err"
[ -n "$share" ] || share=$work/share
mkdir -p "$share"
share=$(realpath "$share")
case $share in *[[:space:],]*) die "a path with white space or a comma cannot be shared: $share" ;; esac

printf 'SHARE=%q\nMODULES=%q\n' "$share" "$kernel/root/lib/modules/$(<"$kernel/version")" >"$control/settings"
{
  printf '#!/bin/bash\nexport HOME=%q PATH=%q LANG=C.UTF-8 IN_VM=1\n' "${HOME:-/root}" "$PATH"
  for variable in "${variables[@]}"; do printf 'export %q=%q\n' "${variable%%=*}" "${variable#*=}"; done
  printf 'modprobe -a wireguard veth bridge dummy\ncd %q || exit\n: >/run/in-vm/up\ncommand=(' "$PWD"
  printf '%q ' "$@"
  # In a child, so that the first process survives whatever the command does; the host ends the machine when it sees the status.
  # shellcheck disable=SC2016 # expanded in the guest
  printf ')\n( exec "${command[@]}" ) </dev/null >>/run/in-vm/out 2>>/run/in-vm/err\necho $? >/run/in-vm/status.new\nmv /run/in-vm/status.new /run/in-vm/status\nsleep 60\n'
} >"$control/second"
chmod +x "$control/second"

shared_folder() { # TAG PATH [OPTIONS]
  printf '%s\n' -fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap${3:-}" -device "virtio-9p-device,fsdev=$1,mount_tag=$1"
}
mapfile -t folders < <(shared_folder root / ,readonly=on; shared_folder control "$control"; shared_folder share "$share")

# An emulated processor has the host's time stamp counter. Measuring its rate in a busy guest goes wrong now and then and hangs the boot, so the
# rate is told: the kernel's log has it exactly, /proc/cpuinfo about.
khz=$(dmesg 2>/dev/null | awk 'match($0, /tsc: Detected [0-9.]+ MHz/) { split(substr($0, RSTART), word, " "); printf "%d", word[3] * 1000; exit }' || :)
[ -n "$khz" ] || khz=$(awk -F: '/^cpu MHz/ { printf "%d", $2 * 1000; exit }' /proc/cpuinfo)

start_machine() { # ACCEL
  local cpu=host clock='' command
  case $1 in
    tcg*)
      cpu=max
      [ "${khz:-0}" = 0 ] || clock="tsc_early_khz=$khz lpj=$((khz * 4))"
      ;;
  esac
  command=(qemu-system-x86_64 -M 'microvm,pit=on,pic=on,rtc=on,ioapic2=off' -accel "$1" -cpu "$cpu" -smp "${VM_SMP:-2}" -m "${VM_MEM:-2048}"
    -nodefaults -no-user-config -display none -no-reboot -serial "file:$work/console" -kernel "$kernel/kernel" -initrd "$kernel/first.cpio"
    -append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on audit=0 selinux=0 apparmor=0 cryptomgr.notests rcupdate.rcu_expedited=1 no_timer_check $clock"
    "${folders[@]}")
  say "${command[*]}"
  : >"$work/console"
  : >"$work/qemu.log"
  "${command[@]}" </dev/null >"$work/qemu.log" 2>&1 &
  qemu_pid=$!
  disown "$qemu_pid"   # else this shell says on its own how it ended
}
# After it qemu keeps running, with a processor that stands still.
kvm_gave_up() { [[ $(<"$work/qemu.log") == *'KVM internal error'* ]]; }

tail -c +1 -s 0.1 -f --pid=$$ "$control/out" 2>/dev/null &
readers+=($!)
tail -c +1 -s 0.1 -f --pid=$$ "$control/err" >&2 2>/dev/null &
readers+=($!)

timed_out=
for attempt in 0 1 2 3; do
  accel=${accels[attempt]:-${accels[-1]}}
  boot=$SECONDS
  start_machine "$accel"
  while kill -0 "$qemu_pid" 2>/dev/null && [ ! -e "$control/status" ] && ! kvm_gave_up; do
    [ "$SECONDS" -lt "$limit" ] || { timed_out=1; break; }
    # The command has not begun, so starting over is safe.
    [ -e "$control/up" ] || [ $((SECONDS - boot)) -lt $((${VM_BOOT_LIMIT:-40} << attempt)) ] || break
    sleep 0.05
  done
  end_machine
  if [ -e "$control/up" ] || [ -e "$control/status" ] || [ -n "$timed_out" ]; then break; fi
  why=$(grep -h -m 1 'KVM internal error' "$work/qemu.log" || tail -q -n 1 "$work/console" "$work/qemu.log" | tail -n 1)
  echo "in-vm: boot $((attempt + 1)), with $accel, failed or is stuck: ${why:-it says nothing}" >&2
done

# The readers may be behind: wait until each stands at its file's end.
reader_is_behind() { # PID FILE
  local descriptor position
  for descriptor in "/proc/$1/fd"/*; do
    [ "$(readlink "$descriptor")" = "$2" ] || continue
    position=$(sed -n 's/^pos:[[:space:]]*//p' "/proc/$1/fdinfo/${descriptor##*/}")
    [ "${position:-0}" -ge "$(stat -c %s "$2")" ] || return 0
  done
  return 1
}
for _ in {1..200}; do
  reader_is_behind "${readers[0]}" "$control/out" || reader_is_behind "${readers[1]}" "$control/err" || break
  sleep 0.02
done

[ -z "$verbose" ] || [ ! -s "$work/console" ] || sed 's/^/in-vm console: /' "$work/console" >&2
if [ -e "$control/status" ]; then
  say "exit status $(<"$control/status")"
  exit "$(<"$control/status")"
fi
tail -n 20 "$work/qemu.log" "$work/console" >&2
[ -z "$timed_out" ] || { echo "in-vm: no result after $limit s" >&2; exit 124; }
die 'the virtual machine ended without a result'
