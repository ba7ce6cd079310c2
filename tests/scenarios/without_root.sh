# shellcheck shell=bash
# Who is not root is told by each command which right is missing, and what to do; with the group recipe of the security guide commands work that
# need no device of userspace WireGuard, which is root's alone.

network_of alice
host_add bob
succeed invite bob humans false
chmod 644 "$(invitation_file bob)"
user() { run alice setpriv --reuid nobody --regid "$group" --clear-groups timeout 20 innernet "$@"; }   # ARGUMENTS...

group=nogroup
folder='Permission denied: run this as root, or let a group of yours read and write that folder'
while read -r -a command; do
  user "${command[@]}"
  exits "${command[0]} without any right" 1 "$folder"
done <<COMMANDS
fetch $NETWORK
up
up $NETWORK
up $NETWORK --daemon
up --daemon
down $NETWORK
uninstall $NETWORK --yes
install $(invitation_of bob) --name other
add-peer $NETWORK --name carol --cidr humans --auto-ip --admin false --invite-expires 1h --save-config carol.toml --yes
rename-peer $NETWORK --name alice --new-name eve --yes
disable-peer $NETWORK --name alice --yes
enable-peer $NETWORK --name alice --yes
list-cidrs $NETWORK
list-associations $NETWORK
add-cidr $NETWORK --name robots --cidr $ROBOTS --parent $NETWORK --yes
rename-cidr $NETWORK --name humans --new-name people --yes
delete-cidr $NETWORK --name humans --yes
add-association $NETWORK humans humans --yes
set-listen-port $NETWORK --listen-port 51821 --yes
override-endpoint $NETWORK --unset --yes
override-peer-endpoint $NETWORK --name innernet-server --unset --yes
COMMANDS
user completions bash
exits 'completions needs no right' 0
run server setpriv --reuid nobody --regid nogroup --clear-groups innernet-server list-peers "$NETWORK"
exits 'and the server says that it wants to be root' 1 'must run as root: try sudo'

group=innernet
on alice sh -c 'getent group innernet >/dev/null || groupadd innernet'
on alice sh -c 'chgrp -R innernet /etc/innernet /var/lib/innernet && chmod -R g+rwX /etc/innernet /var/lib/innernet && chmod g+s /etc/innernet /var/lib/innernet'
user list-cidrs "$NETWORK"
exits 'in the group: list-cidrs' 0
user add-cidr "$NETWORK" --name robots --cidr "$ROBOTS" --parent "$NETWORK" --yes
exits 'and add-cidr' 0
user rename-peer "$NETWORK" --name alice --new-name eve --yes
exits 'and rename-peer' 0
for command in show "fetch $NETWORK" "set-listen-port $NETWORK --listen-port 51821 --yes"; do
  # shellcheck disable=SC2086
  user $command
  if [ "$STAGE_BACKEND" = userspace ]; then exits "${command%% *} says why it can't" 1 "Permission denied; run it as root: what userspace WireGuard listens on is root's alone"
  else exits "${command%% *} says what is missing" 1 'setcap cap_net_admin'; fi
done
check 'nothing of this has changed the device' test "$(on alice wg show "$NETWORK" peers | wc -l)" = 1
