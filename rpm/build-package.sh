#!/bin/bash
# Makes the RPMs of both programs.
#
#   rpm/build-package.sh DISTRO:VERSION [OUTPUT]   in a container of that distribution (fedora:42, rockylinux:9, opensuse/leap:15.6, ...), and tries
#                                                  there whether they install and run; needs docker, or podman by DOCKER=podman
#   rpm/build-package.sh --here [OUTPUT]           with the rpmbuild of this machine
#
# OUTPUT is dist unless said otherwise. The programs of the release build are packed, compiled first where that is possible: they need
# glibc 2.34 and nothing else, so those that were built on Debian 12 run on each distribution that is as new.
#   --programs FOLDER   where they lie instead     --sources TARBALL   packs this tarball instead of the last commit
#   --work FOLDER       where to work
set -euo pipefail
script=$(realpath "$0")
cd "$(dirname "$script")/.."

usage() { sed -n '4,13s/^# \{0,1\}//p' "$script"; exit "$1"; }

target='' here='' programs='' sources='' work='' output=dist positional=()
while [ $# -gt 0 ]; do
  case $1 in
    --here) here=1; shift ;;
    --programs) programs=$2; shift 2 ;;
    --sources) sources=$2; shift 2 ;;
    --work) work=$2; shift 2 ;;
    --help | -h) usage 0 ;;
    -*) usage 2 >&2 ;;
    *) positional+=("$1"); shift ;;
  esac
done
set -- "${positional[@]}"
if [ -z "$here" ]; then
  target=${1:-}
  [[ $target =~ ^[a-z0-9./_-]+:[A-Za-z0-9._-]+$ ]] || usage 2 >&2
  shift
fi
[ $# -le 1 ] || usage 2 >&2
output=$(realpath -m "${1:-$output}")
mkdir -p "$output"
if [ -z "$work" ]; then
  work=$(mktemp -d /tmp/innernet-rpm.XXXXXX)
  trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"
work=$(realpath "$work")

version=$(sed -n 's/^project(innernet VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name=innernet-$version
mkdir -p "$work"/{BUILD,BUILDROOT,RPMS,SOURCES,SPECS,programs}

if [ -z "$programs" ]; then
  [ ! -x ./dev ] || ./dev build >&2
  programs=build/release/bin
fi
for program in innernet innernet-server; do
  strip --strip-all -o "$work/programs/$program" "$programs/$program"
done
if [ -z "$sources" ]; then
  sources=$work/SOURCES/$name.tar.gz
  git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$sources"
  SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
fi
[ "$sources" -ef "$work/SOURCES/$name.tar.gz" ] || cp "$sources" "$work/SOURCES/$name.tar.gz"
cp "${SPEC:-rpm/innernet.spec}" "$work/SPECS/innernet.spec"

# The same sources and programs give the same bytes: no date, no name of this machine, and no path.
rpm_command=(rpmbuild -bb --nodeps --define "_topdir $work" --define "innernet_version $version" --define "programs $work/programs"
  --define '_buildhost reproducible' --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1'
  --define 'source_date_epoch_from_changelog 0' "$work/SPECS/innernet.spec")
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(stat -c %Y "$sources")}"

if [ -n "$here" ]; then
  command -v rpmbuild >/dev/null || { echo 'build-package: rpmbuild is missing (Debian and Fedora have it in the package rpm or rpm-build)' >&2; exit 1; }
  "${rpm_command[@]}"
else
  engine=${DOCKER:-docker}
  if ! "$engine" info >/dev/null 2>&1; then
    echo "!!!! NOT BUILT: no container engine answers \"$engine info\", so there is no container of $target !!!!" >&2
    echo "     rpm/build-package.sh --here makes the RPMs without one, where rpmbuild is." >&2
    exit 1
  fi
  {
    echo 'set -eu'
    echo 'if command -v dnf >/dev/null; then dnf -y -q install rpm-build; elif command -v zypper >/dev/null; then zypper -q -n install rpm-build; else yum -y -q install rpm-build; fi'
    printf '%q ' "${rpm_command[@]}"
    # What they need is there wherever rpm knows of a C library.
    # shellcheck disable=SC2016 # expanded in the container
    printf '\nif rpm -q glibc >/dev/null 2>&1; then needs=; else needs=--nodeps; fi\nrpm -i $needs %q/RPMS/*/*.rpm\ninnernet --version\ninnernet-server --version\nchown -R %s %q\n' "$work" "$(id -u):$(id -g)" "$work"
  } >"$work/in-container"
  "$engine" run --rm --env SOURCE_DATE_EPOCH --volume "$work:$work" "$target" sh "$work/in-container"
fi
cp "$work"/RPMS/*/*.rpm "$output/"
(cd "$work/RPMS" && find . -name '*.rpm' -printf '%f\n' | sort)
