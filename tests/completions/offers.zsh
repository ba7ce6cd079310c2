# For each line on stdin what zsh offers at its end, and then a line `--`: run.sh reads it. $1: the folder with the scripts.
# Completion lives in the line editor, so a second zsh gets a terminal of its own. There compadd writes down what it is given.
zmodload zsh/zpty
dir=$1
mkdir -p $dir/functions
cp $dir/innernet $dir/functions/_innernet
cp $dir/innernet-server $dir/functions/_innernet-server
cat >$dir/home/.zshrc <<'RC'
PROMPT= RPROMPT=
unsetopt beep
fpath=($OFFERS_DIR/functions $fpath)
autoload -Uz compinit
compinit -u -D
zstyle ':completion:*' list-grouped false
zstyle ':completion:*' verbose false
compadd() {
  # Calls that only sort into arrays offer nothing.
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  # What -p puts in front of each belongs to it (_files).
  local -a offered front ignored
  zparseopts -E -a ignored p:=front 2>/dev/null
  builtin compadd -A offered "$@"
  (( $#offered )) && print -rl -- ${IPREFIX}${front[2]}${^offered} >>$OFFERS_DIR/offered
  builtin compadd "$@"
}
tell-offers() { zle list-choices; print -r -- --done-- >>$OFFERS_DIR/offered; print -n '<done>' }
zle -N tell-offers
bindkey '^I' tell-offers
# Keys that come before the editor runs would be the terminal's.
zle-line-init() { print -n '<done>' }
zle -N zle-line-init
RC
export OFFERS_DIR=$dir ZDOTDIR=$dir/home TERM=vt100
zpty shell "cd $dir; exec zsh -i"
zpty -r shell ignored '*<done>*'
while IFS= read -r line; do
  : >$dir/offered
  zpty -w -n shell $'\C-u'$line$'\t'
  zpty -r shell ignored '*<done>*'
  grep -v -e '^--done--$' $dir/offered
  print -r -- --
done
zpty -d shell
