#!/bin/bash
# groff finds nothing to warn about in the manual pages, and shows nothing wider than 80 columns: doc/check_pages.sh FOLDER
# Exit status 77: groff is not installed.
set -euo pipefail
if ! command -v groff >/dev/null; then
  echo '!!!! NOT RUN: groff is not installed (./dev test installs it when it is root) !!!!'
  exit 77
fi
failed=0
for page in "$1"/*.8; do
  said=$(groff -man -ww -z "$page" 2>&1)
  [ -z "$said" ] || { echo "$said"; failed=1; }
  wide=$(groff -man -Tascii -P-c -rLL=78n "$page" | sed 's/.\x08//g' | awk 'length > 80')
  [ -z "$wide" ] || { echo "$page: wider than 80 columns: $wide"; failed=1; }
done
exit "$failed"
