#!/bin/bash
# Follows the links of all documents, and plays all guides of doc/guide, two at a time, each on a stage of its own (tests/guide.sh says how): tests/guides.sh [--result FILE] [GUIDE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e /proc/self/fd/0 ] || exec </dev/null

result=
if [ "${1:-}" = --result ]; then result=$2; shift 2; fi
guides=("$@")
[ $# -gt 0 ] || guides=(README.md doc/guide/*.md)

# shellcheck source=tests/jobs.sh
. tests/jobs.sh
jobs_open guides

play() { # GUIDE
  local name=${1##*/}
  bounded tests/guide.sh "$1" "$work/$name.counts" >"$work/$name.out" 2>&1
  cat "$work/$name.out"
}

passed=0 failed=0 blocks=0 not_played=0
mapfile -t documents < <(find . -name '*.md' -not -path './build*' -not -path './dist/*' | sort)
if tests/links.py "${documents[@]#./}"; then passed=1; else failed=1; fi
for guide in "${guides[@]}"; do
  jobs_below 3
  job play "$guide"
done
wait
for guide in "${guides[@]}"; do
  if read -r p f b n <"$work/${guide##*/}.counts"; then
    passed=$((passed + p)) failed=$((failed + f)) blocks=$((blocks + b)) not_played=$((not_played + n))
  else failed=$((failed + 1)); fi 2>/dev/null
done
[ -z "$result" ] || echo "$passed $failed" >"$result"
echo "guides: $blocks blocks of commands played, $not_played that a stage can't play; $passed passed, $failed failed"
[ "$failed" = 0 ]
