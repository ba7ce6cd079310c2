# For each line on stdin what elvish would offer at its end, and then a line `--`: run.sh reads it.
# run.sh puts the scripts in front of this, with the editor's own functions, which only a terminal has, replaced: a file is offered as "a file".
# The editor itself would choose those that begin with what has been typed.
use str
each {|line|
  var words = [(str:split ' ' $line)]
  var last = $words[-1]
  $completer[$words[0]] $@words | each {|offer| if (or (str:has-prefix $offer $last) (eq $offer 'a file')) { echo $offer } }
  echo --
}
