#!/bin/bash
# packaging/release.sh, with a stand-in for what builds and tests: tests/release.sh
# Exit status 77: git is not installed.
# shellcheck disable=SC2317 # `check` calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v git >/dev/null || { echo '!!!! NOT RUN: git is not installed !!!!'; exit 77; }
work=$(mktemp -d /tmp/innernet-release.XXXXXX)
trap 'rm -rf "$work"' EXIT
unset GIT_DIR GIT_WORK_TREE
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export SOURCE_DATE_EPOCH=1800000000   # 15 January 2027

failed=0
check() { # WHAT COMMAND...
  if "${@:2}" >"$work/said" 2>&1; then echo "ok      $1"; else failed=1; echo "FAILED  $1"; sed 's/^/        | /' "$work/said" "$work/out"; fi
}
release() { ./packaging/release.sh "$@" >"$work/out" 2>&1; }
refuses() { ! release "${@:2}" && grep -q -- "$1" "$work/out" && [ -z "$(git status --porcelain)" ]; }   # WHY ARGUMENT...
says() { grep -qxF -- "$2" "$1"; }                                                                      # FILE LINE

mkdir -p "$work/project"/{packaging,debian,rpm}
cp packaging/release.sh "$work/project/packaging/"
cd "$work/project"
echo 'project(innernet VERSION 0.1.0 LANGUAGES CXX)' >CMakeLists.txt
printf '# Changes\n\n## 0.1.0, not released yet\n\n- It exists.\n' >CHANGELOG.md
printf 'innernet (0.1.0) unstable; urgency=medium\n\n  * First version.\n\n -- A B <a@b>  Sun, 22 Nov 2026 20:00:00 +0000\n' >debian/changelog
printf 'Name: innernet\n\n%%changelog\n* Sun Nov 22 2026 A B <a@b> - 0.1.0-1\n- First version.\n' >rpm/innernet.spec
printf '/build/\n/dist/\n' >.gitignore
cat >dev <<'STAND_IN'
#!/bin/bash
version=$(sed -n 's/^project(innernet VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
case $1 in
  docs) echo "$version" >manual ;;
  package) mkdir -p dist && touch dist/innernet{,-server}"_${version}_amd64.deb" dist/innernet{,-server}"-$version-1.x86_64.rpm" ;;
  test)
    mkdir -p build/release/bin
    printf '#!/bin/sh\necho innernet %s\n' "$version" >build/release/bin/innernet
    chmod +x build/release/bin/innernet
    echo "${*:2}" >>build/tested
    [ ! -e build/broken ]
    ;;
esac
STAND_IN
chmod +x dev
./dev docs
mkdir build
git init -q
git add -A
git commit -q -m first

check 'no version is a usage error' refuses Usage
check 'an odd version, too' refuses Usage 1.2
check 'an older version is refused' refuses 'older than' 0.0.9
echo x >left-over
check 'a tree with changes is refused' bash -c '! ./packaging/release.sh 0.1.0'
rm left-over
touch build/broken
check 'tests that fail leave no tag' refuses 'tests have failed' 0.1.0
rm build/broken
check 'the same again goes on where it stopped' release 0.1.0 unit
check 'with one commit' test "$(git log --format=%s | head -n 2 | paste -sd /)" = 'release: 0.1.0/first'
check 'all rings were tested, then those asked for' test "$(paste -sd / build/tested)" = '--all/unit'
check 'the changelog has the day' says CHANGELOG.md '## 0.1.0, 2027-01-15'
check 'the entry of the Debian package has the day, and is the only one' test "$(sed -n 's/^ -- A B <a@b>  //p' debian/changelog)" = 'Fri, 15 Jan 2027 08:00:00 +0000'
check 'that of the RPM, too' test "$(grep -c '^\* Fri Jan 15 2027 A B <a@b> - 0.1.0-1$' rpm/innernet.spec)/$(grep -c '^\*' rpm/innernet.spec)" = 1/1
check 'the tag tells the changes' grep -qx -- '- It exists.' <(git tag -l --format='%(contents)' v0.1.0)
check 'a version is tagged once' refuses 'tagged already' 0.1.0
check 'a changelog without news is refused' refuses 'not released yet' 0.2.0
sed -i '2a ## 0.2.0, not released yet\n' CHANGELOG.md
git commit -q -a -m empty
check 'an empty section is, too' refuses 'is empty' 0.2.0
sed -i '4a - It works.\n' CHANGELOG.md
git commit -q -a -m news
check 'the next version is made' release 0.2.0
check 'its number stands in the one place' says CMakeLists.txt 'project(innernet VERSION 0.2.0 LANGUAGES CXX)'
check 'and in what is made of it' says manual 0.2.0
check 'the older entries stay' test "$(grep -c '^innernet (' debian/changelog)/$(grep -c '^\*' rpm/innernet.spec)/$(grep -c '^## ' CHANGELOG.md)" = 2/2/2
check 'the tag tells only its own changes' bash -c '! git tag -l --format="%(contents)" v0.2.0 | grep -q exists'
exit "$failed"
