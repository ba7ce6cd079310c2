# shellcheck shell=bash
# No test: a network to play in, until Enter is pressed.

. tests/stage/evilcorp.sh
evilcorp_with client2
succeed redeem client2
cat <<TEXT
The network evilcorp is up: server, client1 (a human, admin) and client2 (a robot). For example:
  ${DOCKER:-docker} exec -it innernet-client1 innernet list --tree
  ${DOCKER:-docker} exec -it innernet-server bash
Enter ends it.
TEXT
read -r _ || :
