#!/bin/bash
# Completions in the real shells: tests/completions/run.sh SHELL INNERNET INNERNET-SERVER
# Each line of `cases` is completed by the shell itself, with the script that the program prints. Exit status 77: the shell is not installed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shell=$1 client=$2 server=$3
if ! command -v "$shell" >/dev/null; then
  echo "!!!! NOT RUN: $shell is not installed (./dev test installs it when it is root) !!!!"
  exit 77
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/configs" "$dir/files/etc" "$dir/home"
# shellcheck disable=SC2016 # must never be expanded by anybody
touch "$dir/configs/"{corp.conf,evilcorp.conf,corp.conf.pending,other.toml} "$dir/configs/"{'$(touch ran).conf','Up Per.conf',-x.conf} \
  "$dir/files/"{a.toml,'with space.toml'}
"$client" completions "$shell" >"$dir/innernet"
"$server" completions "$shell" >"$dir/innernet-server"

# Prints the expected words, a line each, in the order of `sort`.
words() { tr ' ' '\n' <<<"$1" | sed '/^$/d' | LC_ALL=C sort -u; }

# Each `offers` reads lines from stdin and prints for each what the shell offers, a line each, and then a line `--`.
offers_bash() { HOME=$dir/home bash --norc --noprofile "$here/offers.bash" "$dir"; }
offers_zsh() { HOME=$dir/home ZDOTDIR=$dir/home zsh -f "$here/offers.zsh" "$dir"; }
offers_fish() { HOME=$dir/home XDG_CONFIG_HOME=$dir/home XDG_DATA_HOME=$dir/home fish --no-config "$here/offers.fish" "$dir"; }
offers_elvish() {
  { echo 'var completer = [&]'
    sed -e 's/^set edit:completion:arg-completer/set completer/' -e "s/edit:complete-filename .last/put 'a file'/" \
      -e 's/edit:complex-candidate \(.*\) &display=.*; *}$/put \1 }/; s/edit:complex-candidate \(.*\) &display=[^ ]*.* }$/put \1 }/' \
      "$dir/innernet" "$dir/innernet-server" "$here/offers.elv"; } >"$dir/offers.elv"
  HOME=$dir/home elvish -norc "$dir/offers.elv"
}

lines=() kinds=() expected=()
while IFS= read -r case; do
  [[ $case != \#* && $case ]] || continue
  if [ "$shell" = elvish ]; then
    # There, names of networks are not completed, nor --option=value.
    [[ $case != *CONFIGS* && $case != *=* ]] || continue
    [[ $case != *FILES* ]] || case="${case%|*}| a-file"
  fi
  case=${case//CONFIGS/$dir/configs}
  case=${case//FILES/$dir/files}
  [[ $case =~ ^(.*)\ ([|>!])(.*)$ ]] || { echo "not a case: $case"; exit 1; }
  line=${BASH_REMATCH[1]}
  lines+=("${line%_}") kinds+=("${BASH_REMATCH[2]}") expected+=("$(words "${BASH_REMATCH[3]}")")
done <"$here/cases"

failed=0
exec 3< <(printf '%s\n' "${lines[@]}" | "offers_$shell" 2>&1)
for i in "${!lines[@]}"; do
  got=''
  while IFS= read -r -u 3 word && [ "$word" != -- ]; do
    # fish shows --option=value whole; zsh has a = behind options that take a value and an escaped space.
    [ "$word" != 'a file' ] || word=a-file
    [[ $word != --*=?* ]] || word=${word#*=}
    [[ $word != --*= ]] || word=${word%=}
    got+=${word%/}$'\n'
  done
  got=$(sed '/^$/d' <<<"$got" | LC_ALL=C sort -u)
  case ${kinds[i]} in
    '|') [ "$got" = "${expected[i]}" ] && continue ;;
    '>') [ -z "$(LC_ALL=C comm -13 <(echo "$got") <(echo "${expected[i]}"))" ] && continue ;;
    '!') [ -z "$(LC_ALL=C comm -12 <(echo "$got") <(echo "${expected[i]}"))" ] && continue ;;
  esac
  failed=$((failed + 1))
  printf 'FAILED  "%s" %s %s\n        offered: %s\n' "${lines[i]}" "${kinds[i]}" "$(tr '\n' ' ' <<<"${expected[i]}")" "$(tr '\n' ' ' <<<"$got")"
done
if [ -e "$dir/ran" ] || [ -e ran ]; then
  echo 'FAILED  the name of a file was run'
  failed=$((failed + 1))
fi
echo "$shell: $((${#lines[@]} - failed)) of ${#lines[@]} lines completed as they should"
[ "$failed" = 0 ]
