#!/bin/bash
# What the rings that look at a part only begin with: tests/changed.sh            prints the files that have changed of late, one a line
#                                                     tests/changed.sh share N    prints those of the lines it reads that are this commit's share of 1 in N
# Of late is: since CHANGED_SINCE, a commit or `ever` (default: the 30th last commit), or not committed yet. Where there is no such commit, all files
# have changed. What only got another name has not. Each commit has another share, so that what is left out now has its turn later.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
since=${CHANGED_SINCE:-HEAD~30}

everything() {
  if git rev-parse --git-dir >/dev/null 2>&1; then git ls-files
  else find . -path ./build -prune -o -type f -printf '%P\n'; fi
}

case ${1:-} in
  '')
    if [ "$since" = ever ] || ! git rev-parse --quiet --verify "$since^{commit}" >/dev/null 2>&1; then everything
    else
      git diff --name-status --find-renames "$since" | awk -F '\t' '$1 != "D" && $1 != "R100" { print $NF }'
      git ls-files --others --exclude-standard
    fi
    ;;
  share)
    commit=$(git rev-parse HEAD 2>/dev/null || :)
    while read -r line; do
      read -r sum _ < <(cksum <<<"$commit $line")
      [ $((sum % $2)) != 0 ] || printf '%s\n' "$line"
    done
    ;;
  *)
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
    ;;
esac
