# shellcheck shell=bash
# The life of a network, as its people live it: the demo shows it, the scenario `life` checks it. Needs network.sh.
#
# alice is an admin among the humans, robot1 belongs to the robots, whom an association lets talk to the humans; guest1 sits
# on an island of its own. The hooks after_* are where a scenario looks closer.

after_alice_joined() { :; }
after_all_joined() { :; }
after_association() { :; }

life() {
  local alice robot guest
  alice=$(invitation_of alice) robot=$(invitation_of robot1) guest=$(invitation_of guest1)

  chapter 'A network and its first CIDR, on the server'
  succeed new_network
  succeed server add-cidr "$NETWORK" --name humans --cidr "$HUMANS" --parent "$NETWORK" --yes
  succeed server add-peer "$NETWORK" --name alice --cidr humans --auto-ip --admin true --save-config "$alice" --invite-expires 14d --yes
  succeed serve

  chapter 'The first peer joins with her invitation; she is an admin'
  succeed client alice install "$alice" --default-name --delete-invite
  after_alice_joined

  chapter 'From here on the admin needs no access to the server'
  succeed client alice add-cidr "$NETWORK" --name robots --cidr "$ROBOTS" --parent "$NETWORK" --yes
  succeed client alice add-cidr "$NETWORK" --name island --cidr "$ISLAND" --parent "$NETWORK" --yes
  succeed client alice add-peer "$NETWORK" --name robot1 --cidr robots --auto-ip --admin false --save-config "$robot" --invite-expires 14d --yes
  succeed client alice add-peer "$NETWORK" --name guest1 --cidr island --auto-ip --admin false --save-config "$guest" --invite-expires 14d --yes
  succeed client robot1 install "$robot" --default-name --delete-invite
  succeed client guest1 install "$guest" --default-name --delete-invite
  after_all_joined

  chapter 'Humans and robots may talk; the island may not'
  succeed client alice add-association "$NETWORK" humans robots
  succeed client alice list-associations "$NETWORK"
  succeed client robot1 fetch "$NETWORK"
  succeed client alice fetch "$NETWORK"
  after_association

  chapter 'What alice sees'
  succeed client alice list
  succeed client alice list --tree
}
