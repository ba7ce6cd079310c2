#!/bin/bash
# Makes the packages of the last commit: packaging/build.sh [--work FOLDER] [OUTPUT]
#
# Leaves in OUTPUT (default: dist) the Debian packages, the RPMs and a tarball of static programs. The same commit gives the same bytes,
# whoever builds it where, with the same compiler. Without git (a release tarball) it packs the tree that it lies in.
# Debian packages: debhelper rpm, and what the programs are built with (./dev setup).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=
if [ "${1:-}" = --work ]; then work=$2; shift 2; fi
case ${1:-} in -*) sed -n '2s/^# //p' "$0" >&2; exit 2 ;; esac
output=$(realpath -m "${1:-dist}")
if [ -z "$work" ]; then
  work=$(mktemp -d /tmp/innernet-packages.XXXXXX)
  trap 'rm -rf "$work"' EXIT
else
  mkdir -p "$work"
  work=$(realpath "$work")
fi

version=$(sed -n 's/^project(innernet VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
architecture=$(dpkg --print-architecture)
name=innernet-$version
source=$work/$name
rm -rf "$source"
mkdir -p "$source" "$output"

# ---- the source, and the one date that everything gets ------------------------------------------------------------------

if git rev-parse --git-dir >/dev/null 2>&1; then
  [ -z "$(git status --porcelain)" ] || echo 'packaging: what is not committed is not in the packages'
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
  git archive --format=tar HEAD | tar -x -C "$source"
else
  SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -STimestamp)
  tar -c --exclude=./build --exclude=./dist . | tar -x -C "$source"
fi
export SOURCE_DATE_EPOCH
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

archive() { # FOLDER OUT: with nothing in it of who packs when and where
  tar -c -C "${1%/*}" --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw --mtime="@$SOURCE_DATE_EPOCH" --format=gnu "${1##*/}" | gzip -9n >"$2"
}
mkdir -p "$work/rpm/SOURCES"
archive "$source" "$work/rpm/SOURCES/$name.tar.gz"

# ---- Debian packages: all compiling happens here --------------------------------------------------------------------------

# Whoever builds may choose flags; these are those of the release build, without the path.
export DEB_CXXFLAGS_SET="-O2 -ffile-prefix-map=$source=." DEB_CPPFLAGS_SET='' DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:-} noautodbgsym"
if command -v ccache >/dev/null; then
  CCACHE_DIR=$(ccache --get-config cache_dir)   # debhelper gives the build another home
  # What the release build of the same sources has compiled is found: paths below the source are relative there, so that it needs no map.
  export CCACHE_DIR CCACHE_BASEDIR=$source CCACHE_NOHASHDIR=1 CCACHE_IGNOREOPTIONS='-ffile-prefix-map=*' CMAKE_CXX_COMPILER_LAUNCHER=ccache
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-locale}
  export CXX=g++   # by the name under which the release build calls it
  [ "${CI:-}" != true ] || export INNERNET_WERROR=ON
fi
quietly() { # LABEL COMMAND...
  if ! "${@:2}" >"$work/$1.log" 2>&1 </dev/null; then
    tail -n 40 "$work/$1.log" >&2
    echo "packaging: $1 failed" >&2
    exit 1
  fi
}
build_debian() { cd "$source" && dpkg-buildpackage --build=binary --no-sign; }
quietly debian build_debian
built=$(echo "$source"/obj-*/build)
cp "$work"/*.deb "$output/"

# ---- the tarball: the same objects, linked statically -----------------------------------------------------------------

pack_static() {
  local folder=$work/$name-linux-$architecture
  cmake --build "$built" --target innernet-static innernet-server-static
  rm -rf "$folder"
  cmake --install "$built" --prefix "$folder" --component client
  cmake --install "$built" --prefix "$folder" --component server
  # The build is Debian's, whose folder for zsh is Debian's.
  [ ! -e "$folder/share/zsh/vendor-completions" ] || mv "$folder/share/zsh/vendor-completions" "$folder/share/zsh/site-functions"
  strip --strip-all -o "$folder/bin/innernet" "$built/bin/static/innernet"
  strip --strip-all -o "$folder/bin/innernet-server" "$built/bin/static/innernet-server"
  cp packaging/INSTALL LICENSE README.md CHANGELOG.md "$folder/"
  archive "$folder" "$output/${folder##*/}.tar.gz"
}
quietly tarball pack_static

# ---- RPMs: the same programs --------------------------------------------------------------------------------------------

build_rpm() {
  rpm/build-package.sh --here --sources "$work/rpm/SOURCES/$name.tar.gz" --programs "$built/bin" --work "$work/rpm" "$output"
}
quietly rpm build_rpm

echo "in $output:"
(cd "$output" && ls -1 -- *"$version"*)
