#!/bin/bash
# Each public header compiles on its own, and none drags in a library that its reader did not ask for: tests/headers.sh [RESULT_FILE]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
result=${1:-}
mapfile -t headers < <(find . -path './build*' -prune -o -path '*/include/innernet/*.hpp' -print | sort)
mapfile -t folders < <(printf '%s\n' "${headers[@]}" | sed 's,/include/innernet/.*,/include,' | sort -u)
work=$(mktemp -d /tmp/innernet-headers.XXXXXX)
trap 'rm -rf "$work"' EXIT

# What costs each file that includes it seconds, and what a reader of a contract need not know.
heavy='/(boost/asio|boost/beast|spdlog/|toml\+\+/|CLI/|nlohmann/json\.hpp|sqlite3\.h|sodium\.h)'

export INCLUDES="${folders[*]/#/-I}" heavy work
# shellcheck disable=SC2016 # expanded by the inner shell
printf '%s\n' "${headers[@]}" | xargs -P "$(nproc)" -I{} bash -c '
  header=$1 log=$work/$(tr / _ <<<"$1")
  # Twice, so that a missing include guard shows, too.
  printf "#include \"%s\"\n#include \"%s\"\n" "$PWD/$header" "$PWD/$header" >"$log.cpp"
  # shellcheck disable=SC2086
  if ! g++ -std=c++23 -fsyntax-only -Wall -Wextra -Werror -MD -MF "$log.d" $INCLUDES "$log.cpp" >"$log.log" 2>&1; then echo "does not compile alone" >"$log.failed"
  elif tr " " "\n" <"$log.d" | grep -E "$heavy" | head -n 3 >"$log.log"; [ -s "$log.log" ]; then echo "drags in a heavy library" >"$log.failed"; fi
' header {}

failed=0
for header in "${headers[@]}"; do
  log=$work/$(tr / _ <<<"$header")
  if [ -e "$log.failed" ]; then
    failed=$((failed + 1))
    printf '  FAILED  %s %s\n' "$header" "$(<"$log.failed")"
    head -n 10 "$log.log" | sed 's/^/          | /'
  fi
done
passed=$((${#headers[@]} - failed))
echo "$passed passed, $failed failed"
[ -z "$result" ] || echo "$passed $failed" >"$result"
[ "$failed" = 0 ]
