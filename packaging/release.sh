#!/bin/bash
# Makes a release: packaging/release.sh VERSION [RING...]      (`./dev release` runs it)
#
#   1. the version, which stands in CMakeLists.txt alone, becomes VERSION; documents that show it are made anew
#   2. the changelogs: the section of CHANGELOG.md that is "not released yet" gets version and date, those of the packages an entry that points to it
#   3. a commit; packages of it in dist/; the tests (rings; default: all of them)
#   4. the tag vVERSION
#
# Nothing is pushed. When a step fails, mend what is wrong and say the same again: what is done is not done twice. `git reset --hard HEAD~` gives up a release
# whose commit is there. --texts stops before the commit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() { echo "release: $*" >&2; exit 1; }
usage() { echo 'Usage: ./dev release [--texts] VERSION [RING...]' >&2; exit 2; }

texts=
if [ "${1:-}" = --texts ]; then texts=1; shift; fi
version=${1:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || usage
shift
rings=("$@")
[ $# -gt 0 ] || rings=(--all)

today() { LC_ALL=C date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" "$@"; }
current=$(sed -n 's/^project(innernet VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
who=$(sed -n 's/^ -- \(.*>\)  .*/\1/p' debian/changelog | head -n 1)
message="release: $version"
committed=
[ "$(git log -1 --format=%s)" != "$message" ] || committed=1

git rev-parse -q --verify "refs/tags/v$version" >/dev/null && die "v$version is tagged already"
[ -n "$committed" ] || [ "$(printf '%s\n' "$current" "$version" | sort -V | tail -n 1)" = "$version" ] || die "$version is older than $current"

# ---- the version and the changelogs ---------------------------------------------------------------------------------------

number_it() { sed -i "s/^project(innernet VERSION [0-9.]*/project(innernet VERSION $version/" CMakeLists.txt; }

date_changelog() {
  local text
  [ "$(grep -c '^## .*not released yet$' CHANGELOG.md)" = 1 ] ||
    die 'CHANGELOG.md needs exactly one section "## …, not released yet" that says what users will notice; these commits may:
'"$(git log --oneline "$(git describe --tags --abbrev=0 2>/dev/null || git rev-list --max-parents=0 HEAD | tail -n 1)"..)"
  text=$(sed -n '/^## .*not released yet$/,/^## /{/^## /d;/./p}' CHANGELOG.md)
  [ -n "$text" ] || die 'the section of CHANGELOG.md that is not released yet is empty'
  sed -i "s/^## .*not released yet\$/## $version, $(today +%F)/" CHANGELOG.md
}

debian_entry() {
  printf 'innernet (%s) unstable; urgency=medium\n\n  * %s\n\n -- %s  %s\n' "$version" "$1" "$who" "$(today -R)"
}
rpm_entry() { printf '* %s %s - %s-1\n- %s\n' "$(today '+%a %b %d %Y')" "$who" "$version" "$1"; }

date_packages() {
  local what='CHANGELOG.md says what has changed.' rest
  if [ "$(sed -n '1s/^innernet (\(.*\)) .*/\1/p' debian/changelog)" = "$version" ]; then
    # Written before its day came.
    what=$(sed -n '3s/^  \* //p' debian/changelog)
    rest=$(sed '1,/^ -- /d' debian/changelog)
    sed -i '/^%changelog$/,$ { /^%changelog$/b; /^\* .* - '"${version//./\\.}"'-1$/,/^\(\* .*\|\)$/ { /^\* .* - '"${version//./\\.}"'-1$/d; /^- /d } }' rpm/innernet.spec
  else
    rest=$'\n'$(cat debian/changelog)
    sed -i 's/^%changelog$/&\n/' rpm/innernet.spec   # between the entries
  fi
  { debian_entry "$what"; [ -z "$rest" ] || printf '%s\n' "$rest"; } >debian/changelog.new
  mv debian/changelog.new debian/changelog
  rpm_entry "$what" >rpm/entry.new
  sed -i '/^%changelog$/r rpm/entry.new' rpm/innernet.spec
  rm rpm/entry.new
}

if [ -z "$committed" ]; then
  [ -z "$(git status --porcelain)" ] || die 'commit or put away what is changed first (git status)'
  # From here to the commit a failure takes back what was written.
  trap 'git checkout -q -- . ; echo "release: not made; nothing has changed" >&2' EXIT
  number_it
  date_changelog
  date_packages
  ./dev docs
  if [ -n "$texts" ]; then
    trap - EXIT
    git --no-pager diff --stat
    exit
  fi
  git commit -q -a -m "$message"
  trap - EXIT
fi

# ---- packages and checks --------------------------------------------------------------------------------------------------

rm -rf dist
./dev package
for package in innernet innernet-server; do
  compgen -G "dist/${package}_${version}*.deb" >/dev/null || die "dist/ holds no Debian package of $package $version"
  compgen -G "dist/$package-$version*.rpm" >/dev/null || die "dist/ holds no RPM of $package $version"
done
CHANGED_SINCE=ever ./dev test "${rings[@]}" || die 'tests have failed'
[ "$(build/release/bin/innernet --version)" = "innernet $version" ] || die "the program says $(build/release/bin/innernet --version)"
[ -z "$(git status --porcelain)" ] || die 'building has changed files of the project (git status)'
(cd dist && sha256sum -- * >SHA256SUMS)

sed -n "/^## $version, /,/^## /{/^## $version/d;/^## /d;p}" CHANGELOG.md | { echo "innernet $version"; cat; } | git tag -a "v$version" --cleanup=verbatim -F -
echo
echo "innernet $version is made: the tag v$version, and in dist/:"
ls -1 dist
echo "Give it to the world with: git push origin HEAD v$version"
