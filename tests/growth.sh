#!/bin/bash
# Work must grow with a network no faster than the network: tests/growth.sh [RESULT_FILE]
# The instructions that callgrind counts for a work at 1,000, 10,000 and 100,000 peers (or CIDRs, with as many peers and twice as many associations) are
# fitted to a power of that number. We promise an exponent of 1.1; above 1.3 it is a failure. Counts hardly vary, unlike times.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=build/release/tests/growth/growth_work result=${1:-}
SIZES=(1000 10000 100000)
passed=0 failed=0
folder=$(mktemp -d /tmp/innernet-growth.XXXXXX)
trap 'rm -rf "$folder"' EXIT

count() { # WORK OVER SIZE: prints millions of instructions
  local said
  # Each count has the files as `prepare` made them.
  rm -rf "$folder/work.$1.$3"
  cp -r "$folder/$2.$3" "$folder/work.$1.$3"
  said=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no --toggle-collect=counted_work \
    "$program" "$1" "$folder/work.$1.$3" 2>&1) || { printf '%s\n' "$said" >&2; return 1; }
  rm -rf "$folder/work.$1.$3"
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' <<<"$said" | awk '{ printf "%.3f\n", $1 / 1e6 }'
}

for over in peers cidrs; do for size in "${SIZES[@]}"; do
  mkdir "$folder/$over.$size"
  "$program" prepare "$over" "$size" "$folder/$over.$size"
done; done
mapfile -t works < <("$program" list)

export -f count
export program folder
# shellcheck disable=SC2016 # expanded by the inner shell
for work in "${works[@]}"; do for size in "${SIZES[@]}"; do printf '%s %s\n' "$work" "$size"; done; done |
  sort -k3,3nr | xargs -P "$(nproc)" -L 1 bash -c 'set -euo pipefail; count "$1" "$2" "$3" >"$folder/$1.$3.count" || :' count

printf '%-12s %s  exponent\n' 'work' "$(printf '%10s' "${SIZES[@]}") peers or CIDRs (million instructions)"
for row in "${works[@]}"; do
  work=${row% *} counts=()
  for size in "${SIZES[@]}"; do counts+=("$(cat "$folder/$work.$size.count")"); done
  # Least squares of the logarithms, and the last step alone: a constant cost hides growth among small networks.
  exponent=$(awk -v sizes="${SIZES[*]}" -v counts="${counts[*]}" 'BEGIN {
    n = split(sizes, x, " ")
    if (split(counts, y, " ") != n) exit 1
    for (i = 1; i <= n; i++) { if (y[i] <= 0) exit 1; X = log(x[i]); Y = log(y[i]); sx += X; sy += Y; sxx += X * X; sxy += X * Y }
    fit = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    last = log(y[n] / y[n - 1]) / log(x[n] / x[n - 1])
    printf "%.2f", (fit > last ? fit : last)
  }') || exponent=none
  if [[ $exponent =~ ^-?[0-9.]+$ ]] && awk -v e="$exponent" 'BEGIN { exit !(e <= 1.3) }'; then verdict=ok passed=$((passed + 1)); else verdict=FAILED failed=$((failed + 1)); fi
  printf '%-12s %s  %-8s %s\n' "$work" "$(printf '%10s' "${counts[@]}")" "$exponent" "$verdict"
done
echo "$passed passed, $failed failed"
[ -z "$result" ] || echo "$passed $failed" >"$result"
[ "$failed" = 0 ]
