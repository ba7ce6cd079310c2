#!/bin/bash
# Builds the packages twice, looks at what is in them, and lets them live and die in a throw-away root: tests/packages.sh [RESULT_FILE]
# Environment: PACKAGES=FOLDER looks at those that are there already, and builds none.
# shellcheck disable=SC2317 # check() calls what seems to be called by nobody
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
result=${1:-}
passed=0 failed=0 skipped=0
work=$(mktemp -d /tmp/innernet-test-packages.XXXXXX)
trap 'rm -rf "$work"' EXIT

check() { # WHAT COMMAND...
  local out
  if out=$("${@:2}" 2>&1); then
    passed=$((passed + 1))
    printf '  ok      %s\n' "$1"
  else
    failed=$((failed + 1))
    printf '  FAILED  %s\n' "$1"
    tail -n 40 <<<"$out" | sed 's/^/          | /'
  fi
}

cannot_run() {
  echo "!!!! NOT RUN: $1 !!!!"
  skipped=$((skipped + 1))
}

finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ -z "$result" ] || echo "$passed $failed $skipped" >"$result"
  [ "$failed" = 0 ]
  exit
}

version=$(sed -n 's/^project(innernet VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
architecture=$(dpkg --print-architecture)
machine=$(uname -m)
packages=$work/one
client=$packages/innernet_${version}_$architecture.deb
server=$packages/innernet-server_${version}_$architecture.deb
client_rpm=$packages/innernet-$version-1.$machine.rpm
server_rpm=$packages/innernet-server-$version-1.$machine.rpm
tarball=$packages/innernet-$version-linux-$architecture.tar.gz

# ---- building -----------------------------------------------------------------------------------------------------------

if [ -n "${PACKAGES:-}" ]; then
  mkdir "$packages"
  cp "$PACKAGES"/*"$version"* "$packages/"
else
  check 'the packages can be built' packaging/build.sh --work "$work/build" "$packages"
  rm -rf "$work/build"
fi
for file in "$client" "$server" "$client_rpm" "$server_rpm" "$tarball"; do check "${file##*/} is there" test -s "$file"; done
[ "$failed" = 0 ] || finish

# Elsewhere, by somebody else, who compiles everything himself if what the compiler is told has changed of late. Else only what is done with the
# objects can differ (tests/lint.sh looks for times in sources).
flags='^(CMakePresets\.json|cmake/Innernet(Flags|Room)\.cmake|debian/rules|packaging/build\.sh|rpm/build-package\.sh)$'
compiles=(CCACHE_DISABLE=1)
if command -v ccache >/dev/null && ! tests/changed.sh | grep -qE "$flags"; then
  compiles=(CCACHE_DIR="$(ccache --get-config cache_dir)")
  echo '          the second build takes the objects of the first'
fi
again() { (umask 077 && env "${compiles[@]}" TZ=Asia/Tokyo USER=somebody HOME="$work/home" packaging/build.sh --work "$work/another/place" "$work/two"); }
if [ -z "${PACKAGES:-}" ]; then
  check 'and built again in another place' again
  for file in "$packages"/*; do check "the second ${file##*/} is the same, byte for byte" cmp "$file" "$work/two/${file##*/}"; done
  rm -rf "$work/another" "$work/two"
fi

# ---- what is in them ----------------------------------------------------------------------------------------------------

check 'lintian finds nothing' lintian --allow-root --fail-on error,warning "$client" "$server"
check 'rpmlint finds nothing' rpmlint --config rpm/rpmlint.toml "$client_rpm" "$server_rpm"
rpmlint_says_nothing() { rpmlint --config rpm/rpmlint.toml "$1" | grep -q ' 0 errors, 0 warnings'; }
for file in "$client_rpm" "$server_rpm"; do check "not even a warning about ${file##*/}" rpmlint_says_nothing "$file"; done
changelog_fits() { [ "$(dpkg-parsechangelog -S Version)" = "$version" ] && grep -q " - $version-1\$" rpm/innernet.spec; }
check "the packages' changelogs are of version $version" changelog_fits

# Without the leading slash. On Debian zsh looks elsewhere.
expected() { # PROGRAM ZSH_FOLDER
  printf '%s\n' "usr/bin/$1" "usr/lib/systemd/system/$1@.service" "usr/lib/tmpfiles.d/$1.conf" "usr/share/man/man8/$1.8.gz" \
    "usr/share/bash-completion/completions/$1" "usr/share/fish/vendor_completions.d/$1.fish" "usr/share/zsh/$2/_$1"
  [ "$1" != innernet ] || printf '%s\n' usr/lib/systemd/system/innernet.target usr/share/man/man8/innernet-show.8.gz
  [ "$1" = innernet ] || printf '%s\n' usr/share/man/man8/innernet-server-new.8.gz
}
holds() { # LIST PROGRAM ZSH_FOLDER: the files are there, and none of the other program
  local missing others
  missing=$(expected "$2" "$3" | sort | comm -23 - <(sort "$1"))
  if [ "$2" = innernet ]; then others=$(grep innernet-server "$1" || :); else others=$(grep innernet "$1" | grep -v innernet-server || :); fi
  [ -z "$missing$others" ] || printf 'missing:\n%s\nnot wanted:\n%s\n' "$missing" "$others"
  [ -z "$missing$others" ]
}
dpkg-deb --fsys-tarfile "$client" | tar -t | sed 's,^\./,,' >"$work/client"
dpkg-deb --fsys-tarfile "$server" | tar -t | sed 's,^\./,,' >"$work/server"
rpm -qpl "$client_rpm" | sed 's,^/,,' >"$work/client-rpm"
rpm -qpl "$server_rpm" | sed 's,^/,,' >"$work/server-rpm"
check "what the client's Debian package holds" holds "$work/client" innernet vendor-completions
check "what the server's Debian package holds" holds "$work/server" innernet-server vendor-completions
check "what the client's RPM holds" holds "$work/client-rpm" innernet site-functions
check "what the server's RPM holds" holds "$work/server-rpm" innernet-server site-functions
for name in innernet innernet-server; do
  file=$packages/${name}_${version}_$architecture.deb
  check "$name has its copyright and changelog" test 2 = "$(dpkg-deb --fsys-tarfile "$file" | tar -t | grep -cE "usr/share/doc/$name/(copyright|changelog.gz)$")"
  check "$name needs glibc 2.34 alone" test "$(dpkg-deb -f "$file" Depends)" = 'libc6 (>= 2.34)'
  check "$name recommends wireguard" grep -qw wireguard <<<"$(dpkg-deb -f "$file" Recommends)"
  echo "          installed $(dpkg-deb -f "$file" Installed-Size) KiB, needs $(dpkg-deb -f "$file" Depends)"
done
no_other_requirement() { ! rpm -qp --requires "$1" | grep -vE '^(/bin/sh|libc\.so\.6\(|libm\.so\.6\(|ld-linux|rpmlib\(|rtld\()'; }
for file in "$client_rpm" "$server_rpm"; do check "${file##*/} needs libc alone" no_other_requirement "$file"; done
mkdir "$work/programs"
for file in "$client" "$server"; do dpkg-deb --fsys-tarfile "$file" | tar -x -C "$work/programs"; done
check 'the programs need libc alone' cmake "-DPROGRAMS=$work/programs/usr/bin/innernet|$work/programs/usr/bin/innernet-server" -P cmake/tests/program_needs.cmake
no_path_of_here() { ! grep -aqF -e /tmp/innernet- -e "$work" -e "$PWD/" "$work/programs/usr/bin/innernet" "$work/programs/usr/bin/innernet-server"; }
check 'and name no path of the machine that built them' no_path_of_here

# ---- where nothing else is ------------------------------------------------------------------------------------------------

if [ "$(id -u)" != 0 ] || ! unshare --net --mount --pid --fork true 2>/dev/null; then
  cannot_run 'installing the packages: that wants root and the right to make namespaces'
  finish
fi
mkdir "$work/empty"
tar -x -z -C "$work/empty" --strip-components=1 -f "$tarball"
check 'the static client runs where there is no other file' test "$(chroot "$work/empty" /bin/innernet --version)" = "innernet $version"
check 'and so does the static server' test "$(chroot "$work/empty" /bin/innernet-server --version)" = "innernet-server $version"

# ---- a life in a throw-away root ------------------------------------------------------------------------------------------

# This machine's root under a layer in memory, without what is installed or configured of innernet.
in_root() { # COMMAND...
  mkdir -p "$work/mnt"
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --net --mount --pid --fork --kill-child bash -ec '
    work=$1; shift
    mount -t tmpfs tmpfs "$work/mnt"
    mkdir "$work/mnt/upper" "$work/mnt/work" "$work/mnt/root"
    mount -t overlay -o "lowerdir=/,upperdir=$work/mnt/upper,workdir=$work/mnt/work" overlay "$work/mnt/root"
    cd "$work/mnt/root"
    rm -rf etc/innernet etc/innernet-server var/lib/innernet var/lib/innernet-server usr/bin/innernet usr/bin/innernet-server
    mount -t proc proc proc
    mount --rbind /dev dev
    mount -t tmpfs -o mode=755 tmpfs run
    mkdir -p ".$work"
    mount --bind "$work" ".$work"
    ip link set lo up
    exec chroot . "$@"' in-root "$work" "$@"
}

cat >"$work/life" <<'LIFE'
# In the throw-away root: life KIND VERSION OLD_CLIENT OLD_SERVER NEW_CLIENT NEW_SERVER
set -euo pipefail
kind=$1 version=$2 old=("$3" "$4") new=("$5" "$6")
ok() { echo "ok $*"; }
case $kind in
  deb)
    put() { DEBIAN_FRONTEND=noninteractive dpkg --install "$@"; }
    drop() { dpkg --remove innernet innernet-server; }
    ;;
  rpm)
    rpm --initdb
    put() { rpm --nodeps --upgrade "$@"; }
    drop() { rpm --erase innernet innernet-server; }
    ;;
esac
files() { sha256sum /etc/innernet-server/evilcorp.conf /var/lib/innernet-server/evilcorp.db; stat -c '%a %U %n' /etc/innernet-server /var/lib/innernet-server /etc/innernet-server/* /var/lib/innernet-server/*; }

put "${old[@]}" >/dev/null
[ "$(innernet --version)" = "innernet $version" ] && [ "$(innernet-server --version)" = "innernet-server $version" ]
ok 'they can be installed and run'
[ -z "$(find /etc/systemd -name 'innernet*' -print -quit 2>/dev/null)" ]
ok 'an installation enables nothing'
[ -d /run/wireguard ] || ! command -v systemd-tmpfiles >/dev/null
ok 'and makes the folder for control sockets'
innernet-server new --network-name evilcorp --network-cidr 10.66.0.0/16 --listen-port 51820 --external-endpoint 198.51.100.1:51820 >/dev/null
innernet-server add-cidr evilcorp --name humans --cidr 10.66.1.0/24 --parent evilcorp --yes >/dev/null
innernet-server list-cidrs evilcorp | grep -q humans
mkdir -m 700 /etc/innernet && echo kept >/etc/innernet/other.conf
before=$(files)
put "${new[@]}" >/dev/null
innernet-server list-cidrs evilcorp | grep -q humans
[ "$before" = "$(files)" ]
ok 'an upgrade changes neither configs nor database'
drop >/dev/null 2>&1
[ ! -e /usr/bin/innernet ] && [ ! -e /usr/lib/systemd/system/innernet-server@.service ]
[ "$before" = "$(files)" ] && [ "$(cat /etc/innernet/other.conf)" = kept ]
ok 'a removal leaves configs, keys and database'
put "${old[@]}" >/dev/null
innernet-server list-cidrs evilcorp | grep -q humans
ok 'which work again after a new installation'
[ "$kind" = deb ] || exit 0
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /lib/systemd/system/innernet-server@.service /etc/systemd/system/multi-user.target.wants/innernet-server@evilcorp.service
# An interface of the network, two of other programs, and a hosts file with names of ours and of theirs.
wireguard-go evilcorp 2>/dev/null
ip address add 10.66.0.1/16 dev evilcorp
printf '[interface]\naddress = "10.99.0.1/16"\n' >/etc/innernet/theirs.conf
wireguard-go theirs 2>/dev/null
ip address add 10.98.0.1/16 dev theirs
hosts() { printf '%s\n' "127.0.0.1 localhost" "$@" '# DO NOT EDIT innernet third BEGIN' '10.9.0.1 a.third.wg' '# DO NOT EDIT innernet third END' '# DO NOT EDIT innernet other BEGIN'; }
hosts '# DO NOT EDIT innernet evilcorp BEGIN' '10.66.1.1 alice.evilcorp.wg' '# DO NOT EDIT innernet evilcorp END' >/etc/hosts
said=$(dpkg --purge innernet innernet-server 2>&1)
[ ! -e /etc/innernet ] && [ ! -e /var/lib/innernet ] && [ ! -e /etc/innernet-server ] && [ ! -e /var/lib/innernet-server ]
[ ! -L /etc/systemd/system/multi-user.target.wants/innernet-server@evilcorp.service ]
ok 'a purge removes them'
is_there() { ip link show dev "$1" >/dev/null 2>&1; }
for _ in {1..200}; do is_there evilcorp || break; sleep 0.02; done
! is_there evilcorp && is_there theirs
ok 'takes its interface down, and no other'
[ "$(cat /etc/hosts)" = "$(hosts)" ]
ok 'and its names out of the hosts file'
grep -q 'removing .* network evilcorp' <<<"$said" && grep -q 'removing .* network other' <<<"$said"
ok 'and says of which networks'
LIFE

newer_deb() { # FILE
  local folder
  folder=$work/newer-$(basename "$1" .deb)
  dpkg-deb -R "$1" "$folder"
  sed -i 's/^Version: .*/&+newer/' "$folder/DEBIAN/control"
  dpkg-deb -b "$folder" "$work/newer-$(basename "$1")" >/dev/null
  echo "$work/newer-$(basename "$1")"
}

live() { # LABEL HOW_MANY COMMAND...: counts the lines `ok WHAT` that it prints
  local out status=0 number
  out=$(in_root "${@:3}" 2>&1) || status=$?
  grep '^ok ' <<<"$out" | sed "s/^ok /  ok      $1: /" || :
  number=$(grep -c '^ok ' <<<"$out" || :)
  passed=$((passed + number))
  if [ "$status" != 0 ] || [ "$number" != "$2" ]; then
    failed=$((failed + 1))
    printf '  FAILED  %s: what comes next (exit status %s)\n' "$1" "$status"
    tail -n 20 <<<"$out" | sed 's/^/          | /'
  fi
}

new_client=$(newer_deb "$client") new_server=$(newer_deb "$server")
live 'Debian packages' 10 bash "$work/life" deb "$version" "$client" "$server" "$new_client" "$new_server"

newer_rpm() {
  sed 's/^Release: .*/Release: 2/' rpm/innernet.spec >"$work/newer.spec"
  SPEC=$work/newer.spec rpm/build-package.sh --here --programs "$work/programs/usr/bin" --work "$work/newer-rpm" "$work/newer"
}
check 'newer RPMs can be built from the programs alone' newer_rpm
live 'RPMs' 6 bash "$work/life" rpm "$version" "$client_rpm" "$server_rpm" "$work/newer/innernet-$version-2.$machine.rpm" "$work/newer/innernet-server-$version-2.$machine.rpm"

# In a "container" of namespaces, whose dnf has nothing to install.
mkdir -p "$work/stand-in/mnt" "$work/engine"
cp tests/docker/docker "$work/engine/"
# shellcheck disable=SC2016 # expanded by the stand-in
printf '#!/bin/sh\necho "$@" >>%q\n' "$work/fedora/asked" >"$work/engine/dnf"
chmod 755 "$work/engine/dnf"
in_container() {
  STAND_IN=$work/stand-in DOCKER=$work/engine/docker rpm/build-package.sh --programs "$work/programs/usr/bin" --work "$work/fedora" fedora:42 "$work/fedora-rpms" &&
    test 2 = "$(find "$work/fedora-rpms" -name '*.rpm' | wc -l)" && grep -q 'install rpm-build' "$work/fedora/asked"
}
check 'RPMs can be built and tried in a container of a distribution' in_container
check 'which was asked for once, by its name' test 1 = "$(grep -c '^run --rm .* fedora:42 sh ' "$work/stand-in/calls")"

# ---- as services ----------------------------------------------------------------------------------------------------------

if [ ! -c /dev/net/tun ] || [ ! -x /lib/systemd/systemd ]; then
  cannot_run 'the services of the packages: they want /dev/net/tun and the package systemd'
else
  INNERNET=$work/programs/usr/bin/innernet INNERNET_SERVER=$work/programs/usr/bin/innernet-server STAGE_PACKAGES=$packages timeout --kill-after=10 300 tests/scenario.sh services "$work/services" </dev/null || :
  if read -r p f <"$work/services"; then passed=$((passed + p)) failed=$((failed + f)); else failed=$((failed + 1)); fi
fi
finish
