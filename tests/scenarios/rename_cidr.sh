# shellcheck shell=bash
# A CIDR is renamed by an admin's client and by the server, and nobody loses a tunnel.

. tests/stage/evilcorp.sh
evilcorp_with client2
succeed redeem client2

has_cidr() { client client1 fetch "$NETWORK"; client client1 list-cidrs "$NETWORK"; grep -qw "$1" <<<"$OUT"; }

client client1 rename-cidr "$NETWORK" --name robots --new-name androids --yes
exits 'an admin renames a CIDR' 0
check 'it has its new name' has_cidr androids
check 'and not the old one' not has_cidr robots
server rename-cidr "$NETWORK" --name androids --new-name robots --yes
exits 'the server renames it back' 0
check 'which the running server knows at once' has_cidr robots
client client1 rename-cidr "$NETWORK" --name robots --new-name humans --yes
exits 'a name that is taken is refused' 1
client client2 rename-cidr "$NETWORK" --name humans --new-name people --yes
exits 'who is no admin renames nothing' 1
check 'all is as before' has_cidr humans
succeed client client1 fetch "$NETWORK"
succeed client client2 fetch "$NETWORK"
check_soon 'humans and robots still reach each other' 20 reaches client1 client2
