#!/bin/bash
# Follows the links of all documents, and plays all guides of doc/guide, two at a time, each on a stage of its own (tests/guide.sh says how): tests/guides.sh [--result FILE] [GUIDE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e /proc/self/fd/0 ] || exec </dev/null

result=
if [ "${1:-}" = --result ]; then result=$2; shift 2; fi
guides=("$@")
[ $# -gt 0 ] || guides=(README.md doc/guide/*.md)

work=$(mktemp -d /tmp/innernet-guides.XXXXXX)
pids=()
clean_up() {
  local status=$?
  trap - EXIT
  [ "${#pids[@]}" = 0 ] || kill "${pids[@]}" 2>/dev/null || :
  wait || :
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

play() { # GUIDE
  local name=${1##*/} guide
  timeout --kill-after=10 300 tests/guide.sh "$1" "$work/$name.counts" </dev/null >"$work/$name.out" 2>&1 &
  guide=$!
  trap 'kill "$guide" 2>/dev/null' TERM
  wait "$guide" || :
  cat "$work/$name.out"
}

passed=0 failed=0 blocks=0 not_played=0
mapfile -t documents < <(find . -name '*.md' -not -path './build*' -not -path './dist/*' | sort)
if tests/links.py "${documents[@]#./}"; then passed=1; else failed=1; fi
for guide in "${guides[@]}"; do
  while [ "$(jobs -pr | wc -l)" -ge 3 ]; do wait -n || :; done
  play "$guide" &
  pids+=($!)
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
