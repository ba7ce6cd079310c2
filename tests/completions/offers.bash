# For each line on stdin what bash offers at its end, and then a line `--`: run.sh reads it. $1: the folder with the scripts.
cd "$1" || exit
# shellcheck disable=SC1091 # made by the test
source ./innernet && source ./innernet-server

while IFS= read -r line; do
  # As readline splits it: at spaces, and at the = of COMP_WORDBREAKS.
  spaced=${line//=/ = }
  read -r -a COMP_WORDS <<<"$spaced"
  [[ $spaced != *' ' ]] || COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line}
  COMPREPLY=()
  program=${COMP_WORDS[0]}
  specification=$(complete -p "$program")
  [[ $specification =~ -F\ ([^ ]+) ]] || exit
  "${BASH_REMATCH[1]}" "$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
  [ "${#COMPREPLY[@]}" = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
  echo --
done
