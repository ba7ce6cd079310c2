# shellcheck shell=bash
# The network in which the container tests play, on whatever stage. Needs network.sh.

# client1 is the first human and an admin, who makes the robots, lets them talk to the humans and invites the peers that are named.
evilcorp_with() { # [PEER OF THE ROBOTS]...
  local peer
  host_add server client1 "$@"
  succeed new_network
  succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
  succeed serve
  succeed invite client1 humans true
  succeed redeem client1
  succeed client client1 add-cidr "$NETWORK" --name robots --cidr "$ROBOTS" --parent "$NETWORK" --yes
  succeed client client1 add-association "$NETWORK" humans robots
  for peer; do succeed invite_robot "$peer" --invite-expires 1d; done
}

invite_robot() { # PEER [OPTION...]: by the admin
  rm -f "$(invitation_file "$1")"
  client client1 add-peer "$NETWORK" --name "$1" --cidr robots --auto-ip --admin false --save-config "$(invitation_of "$1")" --yes "${@:2}"
}
