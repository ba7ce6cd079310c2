#!/bin/bash
# Plays the wizards at terminals on a stage and draws what they show, for README.md: doc/screens/capture.sh     (as root; needs tmux)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/stage/stage.sh
. tests/stage/network.sh

terminal() { tmux -S "$STAGE_DIR/tmux" -f /dev/null "$@"; }

sit_down() { # HOST: at a terminal of its own
  printf 'cd; PS1="%s# "\n' "$1" >"$STAGE_DIR/$1.rc"
  terminal new-session -d -s "$1" -x 100 -y 40 nsenter --target "$(host_pid "$1")" --net --mount --uts --pid -- env -i HOME="$STAGE_DIR/home/$1" PATH="$STAGE_PATH" \
    TERM=tmux-256color LANG=C.UTF-8 STAGE_DIR="$STAGE_DIR" bash --rcfile "$STAGE_DIR/$1.rc" -i
}

sees() { # HOST TEXT: in one of the last two lines that are not empty; the mark of a list's choice: anywhere
  local lines=2
  [[ $2 != '> '* ]] || lines=40
  terminal capture-pane -p -t "$1" | grep -v '^ *$' | tail -n "$lines" | grep -qF -- "$2"
}

# Types what stands behind the text, as soon as the text is there.
answers() { # HOST TEXT KEY...
  eventually 20 sees "$1" "$2" || { echo "no \"$2\" on the screen of $1:" >&2; terminal capture-pane -p -t "$1" >&2; return 1; }
  terminal send-keys -t "$1" "${@:3}"
}

draw() { # HOST NAME TITLE WAIT_FOR
  eventually 20 sees "$1" "$4" || { echo "no \"$4\" on the screen of $1:" >&2; terminal capture-pane -p -t "$1" >&2; return 1; }
  terminal capture-pane -e -p -t "$1" | grep -v 'the kernel has no WireGuard, using' | doc/screens/to_svg.py "$3" >"doc/screens/$2.svg"
  echo "doc/screens/$2.svg"
}

finish() {
  local status=$?
  trap - EXIT
  if [ -n "$STAGE_DIR" ]; then terminal kill-server 2>/dev/null || :; fi
  stage_close
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
network_open
install -m 755 tests/stage/stand-ins/* "$STAGE_DIR/bin/"
mkdir "$STAGE_DIR/units"
cp systemd/*.service "$STAGE_DIR/units/"
host_add server alice
sit_down server
sit_down alice

answers server 'server#' 'innernet-server new' Enter
answers server 'Network name' evilcorp Enter
answers server 'Network CIDR [' 10.66.0.0/16 Enter
answers server 'Listen port [' Enter
answers server 'external IP' n Enter
answers server 'External endpoint' 198.51.100.1:51820 Enter
draw server new 'innernet-server new: a network is made by answering five questions' 'server#'

succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
succeed server add-cidr "$NETWORK" --name robots --cidr "$ROBOTS" --parent "$NETWORK" --yes
succeed server add-cidr "$NETWORK" --name island --cidr "$ISLAND" --parent "$NETWORK" --yes
succeed run server systemctl start "innernet-server@$NETWORK"

terminal send-keys -t server C-l
answers server 'server#' 'innernet-server add-peer evilcorp' Enter
answers server 'arrows' Down
draw server add-peer-cidr 'innernet-server add-peer: a list to choose the CIDR from' '> robots'
answers server 'arrows' Up
answers server '> humans' Enter
answers server 'IP [' Enter
answers server 'Name' alice Enter
answers server 'admin' y Enter
answers server '14d' Enter
answers server 'alice.toml' Enter
answers server 'reate' y Enter
draw server add-peer 'innernet-server add-peer: the answers stay on the screen' 'server#'

terminal send-keys -t server 'scp alice.toml alice:' Enter
eventually 5 test -e "$STAGE_DIR/home/alice/alice.toml"
answers alice 'alice#' 'innernet install alice.toml' Enter
answers alice 'Interface name' Enter
answers alice 'elete' Enter
answers alice 'alice#' 'innernet list --tree' Enter
draw alice install 'innernet install, and what alice sees then' 'alice#'
