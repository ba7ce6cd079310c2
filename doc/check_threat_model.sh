#!/bin/bash
# Each test that the threat model names exists, and each of its promises has one or says that it has none: doc/check_threat_model.sh [FILE]
#
# A promise is a row of a table: | promise | tests |. In its second column `…_test.cpp` is a file, `Suite.Name` behind it a test in it,
# `tests/scenarios/….sh` a scenario that is played, `fuzz_…` a fuzz target; anything else is a file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
document=${1:-doc/threat-model.md}
faults=0 promises=0 named=0 unheld=0
fault() { printf '%s:%s: %s\n' "$document" "$number" "$1"; faults=$((faults + 1)); }

# Whether a file has a test: TEST, TEST_F or TEST_P of that suite, or of one that is instantiated under that name.
has_test() { # FILE SUITE.NAME
  grep -qE "^TEST(_F|_P)?\(${2%%.*}, ${2#*.}\)" "$1"
}

number=0
while IFS= read -r line; do
  number=$((number + 1))
  [[ $line == '| '* && $line != '| Promise '* ]] || continue
  promises=$((promises + 1))
  tests=${line% |}
  tests=${tests##* | }
  if [[ $tests == 'no test'* ]]; then unheld=$((unheld + 1)); continue; fi
  file='' found=0
  # shellcheck disable=SC2016 # backticks of Markdown
  while IFS= read -r name; do
    name=${name//\`/}
    found=$((found + 1))
    case $name in
      *_test.cpp) file=$name; [ -f "$file" ] || fault "there is no file $file" ;;
      tests/scenarios/*.sh)
        scenario=${name##*/}
        [ -f "$name" ] || fault "there is no scenario $name"
        grep -qE "\b${scenario%.sh}:[46]" tests/end-to-end.sh || fault "tests/end-to-end.sh does not play $name" ;;
      fuzz_*)
        grep -rqE --include=CMakeLists.txt "innernet_fuzzer\(${name#fuzz_} |foreach\(subject .*\b${name#fuzz_}\b" . || fault "there is no fuzz target $name" ;;
      *[A-Za-z0-9].[A-Z]*)
        if [ -z "$file" ]; then fault "$name stands behind no file"
        elif [ -f "$file" ] && ! has_test "$file" "$name"; then fault "$file has no test $name"
        fi ;;
      *) [ -e "$name" ] || fault "there is no $name" ;;
    esac
  done < <(grep -oE '`[^`]+`' <<<"$tests" || :)
  [ "$found" -gt 0 ] || fault 'a promise names no test; if none holds it, say "no test"'
  named=$((named + found))
done <"$document"
[ "$promises" -gt 0 ] || { echo "$document has no promises"; exit 1; }
printf '%s promises, %s of which no test holds; %s names of tests\n' "$promises" "$unheld" "$named"
[ "$faults" = 0 ]
