#!/bin/bash
# clang-format, shellcheck and clang-tidy: tests/lint.sh [RESULT_FILE]
# clang-tidy reads the sources of the programs and through them the headers, not the tests: those that have changed of late (tests/changed.sh), one reader
# of each header that has, and one in 16 of the others, at each commit other ones. CHANGED_SINCE=ever reads all. A file whose text, headers and rules
# have not changed since it was found clean is not read again: ~/.cache/innernet-lint holds a mark for each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
result=${1:-}
build=build/release logs=build/lint marks=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/innernet-lint
passed=0 failed=0
mkdir -p "$logs" "$marks"

check() { # WHAT COMMAND...
  local out
  if out=$("${@:2}" 2>&1); then passed=$((passed + 1)); printf '  ok      %s\n' "$1"
  else failed=$((failed + 1)); printf '  FAILED  %s\n%s\n' "$1" "$(head -n 40 <<<"$out")"; fi
}

# Without git (a release tarball) the folders that a build writes to are left out.
files() { # PATTERN...
  if git rev-parse --git-dir >/dev/null 2>&1; then git ls-files -- "$@"
  else for pattern; do find . -path ./build -prune -o -name "$pattern" -type f -print; done; fi
}

mapfile -t cpp < <(files '*.cpp' '*.hpp')
check "clang-format of ${#cpp[@]} files" clang-format-19 --dry-run -Werror "${cpp[@]}"

# The compiler that ships the programs ends such a temporary before the first turn, clang-19 (of the sanitizers) after the last (P2718R0).
# What network() returns is no temporary.
temporaries_in_range_for() {
  ! grep -nE 'for \([^;]* : \*?[A-Za-z_:.]+(<[^>]*>)?\([^;]*\)(\.|->)[a-z_]+\(' "${cpp[@]}" /dev/null |
    grep -vE 'network\(\)\.peers\(\)|: std::filesystem::directory_iterator\(|://'
}
check 'no range-for over what a temporary has returned' temporaries_in_range_for

# The same sources give the same objects: tests/packages.sh compiles them a second time only where flags have changed.
times_of_compilation() { ! grep -nE '__(DATE|TIME|TIMESTAMP)__' "${cpp[@]}" /dev/null; }
check 'no time of compilation in a program' times_of_compilation

mapfile -t scripts < <(files dev .ci/run '*.sh' tests/stage/first-process tests/stage/stand-ins/scp tests/stage/stand-ins/systemctl tests/stage/boot-systemd tests/docker/docker tests/completions/offers.bash bench/run | sort -u)
check "shellcheck of ${#scripts[@]} scripts" shellcheck -x "${scripts[@]}"

rules=$(cat .clang-tidy cmake/InnernetFlags.cmake | sha256sum)
version=$(clang-tidy-19 --version | sha256sum)
mapfile -t sources < <(files '*.cpp' | grep -vE '_test\.cpp$|/fuzz/|^cmake/|^bench/|^tests/soak/|^tests/simulation/|/testing/|/testdata/|_integration\.cpp$|_bench\.cpp$')

# What each source is made of, by the build's records of what the compiler has read. Headers of the system change with their packages only; a new
# clang-tidy comes with a new version.
declare -A parts changed reader chosen mark
while IFS=$'\t' read -r source part; do parts["$source"]+=$part$'\n'; done < <(ninja -C "$build" -t deps | awk -v root="$PWD/" -v OFS='\t' '
  /^[^ ].*: #deps/ { source = /\(VALID\)$/ ? $1 : ""; sub(/\.o:$/, "", source); sub(/CMakeFiles\/[^\/]*\.dir\//, "", source); next }
  source == "" { next }
  /^ / && index($1, root) == 1 { print source, substr($1, length(root) + 1) }
  /^ / && /^ *\.\.\/\.\.\// { print source, substr($1, 7) }' | sort -u)

while read -r file; do changed["$file"]=1; done < <(tests/changed.sh)
if [ -n "${changed[.clang-tidy]:-}" ]; then
  for source in "${sources[@]}"; do changed["$source"]=1; done
fi
for source in "${sources[@]}"; do
  if [ -z "${parts[$source]:-}" ]; then failed=$((failed + 1)); echo "  FAILED  the build has no record of $source"; fi
  while read -r part; do
    if [ -z "$part" ] || [ -z "${changed[$part]:-}" ]; then continue; fi
    # Best the source that defines what the header declares.
    header=${part##*/}
    if [ -z "${reader[$part]:-}" ] || [ "${source##*/}" = "${header%.hpp}.cpp" ]; then reader["$part"]=$source; fi
  done <<<"${parts[$source]:-}$source"
done
for source in "${reader[@]}"; do chosen["$source"]=1; done
while read -r source; do chosen["$source"]=1; done < <(printf '%s\n' "${sources[@]}" | tests/changed.sh share 16)

todo=() clean=0 left_out=0
for source in "${sources[@]}"; do
  hash=$({ echo "$rules$version"; printf '%s' "${parts[$source]:-}" | xargs -d '\n' cat "$source"; } | sha256sum | cut -d' ' -f1)
  mark["$source"]=$marks/$hash
  if [ -e "${mark[$source]}" ]; then clean=$((clean + 1))
  elif [ -n "${chosen[$source]:-}" ]; then todo+=("$source")
  else left_out=$((left_out + 1)); fi
done
[ "$clean" = 0 ] || { passed=$((passed + clean)); echo "  ok      clang-tidy of $clean files that have not changed since"; }
[ "$left_out" = 0 ] || echo "          clang-tidy leaves out $left_out files that have not changed of late; ./dev lint --all reads them"
if [ "${#todo[@]}" -gt 0 ]; then
  echo "          clang-tidy reads ${#todo[@]} files"
  # What is clean is marked at once, so that nothing is read twice when this is ended early.
  # shellcheck disable=SC2016 # expanded by the inner shell
  for source in "${todo[@]}"; do printf '%s\0%s\0' "$source" "${mark[$source]}"; done | xargs -0 -n 2 -P "$(nproc)" bash -c \
    'log=$2/$(tr / _ <<<"$3").log; if clang-tidy-19 -p "$1" --quiet --extra-arg=-Wno-unknown-warning-option "$3" >"$log" 2>&1; then : >"$4"; fi' tidy "$build" "$logs"
  for source in "${todo[@]}"; do
    log=$logs/$(tr / _ <<<"$source").log
    if [ -e "${mark[$source]}" ]; then passed=$((passed + 1))
    else
      failed=$((failed + 1))
      printf '  FAILED  clang-tidy %s\n' "$source"
      grep -E 'error:|warning:' "$log" | sort -u | head -n 20 | sed 's/^/          | /' || :
    fi
  done
fi

echo "$passed passed, $failed failed"
[ -z "$result" ] || echo "$passed $failed" >"$result"
[ "$failed" = 0 ]
