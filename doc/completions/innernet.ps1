# Completions of innernet for PowerShell: `innernet completions powershell` prints them.

Register-ArgumentCompleter -Native -CommandName 'innernet' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $names = @(
        @('install', 'Join a network with an invitation.'),
        @('redeem', 'Join a network with an invitation.'),
        @('show', 'Show the networks that are up, and their peers.'),
        @('list', 'Show the networks that are up, and their peers.'),
        @('why', 'Say why a peer is reached as it is, and what would help.'),
        @('up', 'Bring networks up and fetch their peers.'),
        @('fetch', 'Fetch the peers of a network that is up.'),
        @('uninstall', 'Leave a network: remove its interface, config and data.'),
        @('down', 'Take a network down.'),
        @('add-peer', 'Invite a peer (admins).'),
        @('rename-peer', 'Rename a peer (admins).'),
        @('add-cidr', 'Add a CIDR (admins).'),
        @('rename-cidr', 'Rename a CIDR (admins).'),
        @('delete-cidr', 'Delete a CIDR that nothing is in (admins).'),
        @('list-cidrs', 'List the CIDRs of a network.'),
        @('disable-peer', 'Shut a peer out (admins).'),
        @('enable-peer', 'Let a disabled peer in again (admins).'),
        @('set-relay', 'Let a peer''s machine relay for others (admins).'),
        @('add-association', 'Let the peers of two CIDRs see each other (admins).'),
        @('delete-association', 'Take back an association (admins).'),
        @('delete-associations', 'Take back an association (admins).'),
        @('list-associations', 'List the associations of CIDRs (admins).'),
        @('set-listen-port', 'Choose the UDP port of this machine.'),
        @('override-endpoint', 'Say where other peers reach this machine.'),
        @('override-peer-endpoint', 'Say where this machine reaches a peer.'),
        @('netcheck', 'Tell what this machine''s network is like.'),
        @('completions', 'Print the completions for a shell.'),
        @('help', 'Show help.')
    )
    $canonical = [System.Collections.Hashtable]::new()
    $canonical['redeem'] = 'install'
    $canonical['list'] = 'show'
    $canonical['delete-associations'] = 'delete-association'
    $options = [System.Collections.Hashtable]::new()
    $options[''] = @(
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help'),
        @('-V', 'Show the version'),
        @('--version', 'Show the version')
    )
    $options['install'] = @(
        @('--name', 'The name that the interface gets here'),
        @('--default-name', 'Name the interface like the network'),
        @('-d', 'Remove the invitation when it has been used'),
        @('--delete-invite', 'Remove the invitation when it has been used'),
        @('--hosts-path', 'The hosts file to keep the names of peers in (/etc/hosts)'),
        @('--no-write-hosts', 'Leave every hosts file alone'),
        @('--host-suffix', 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'),
        @('--no-nat-traversal', 'Don''t try the candidates of peers that don''t answer, and use no relay'),
        @('--exclude-nat-candidates', 'Don''t report addresses of this machine in CIDR'),
        @('--no-nat-candidates', 'Report no addresses of this machine'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['show'] = @(
        @('-s', 'One line a peer'),
        @('--short', 'One line a peer'),
        @('-t', 'Peers under their CIDRs'),
        @('--tree', 'Peers under their CIDRs'),
        @('--live', 'A table that is drawn anew every second; q ends it'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['why'] = @(
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['up'] = @(
        @('-d', 'Stay, and keep the networks up to date'),
        @('--daemon', 'Stay, and keep the networks up to date'),
        @('--interval', 'With --daemon: how often to look, 1 to 86400 (60)'),
        @('--no-port-mapping', 'With --daemon: don''t ask the own router (PCP, NAT-PMP, UPnP) to let others in to the WireGuard port'),
        @('--hosts-path', 'The hosts file to keep the names of peers in (/etc/hosts)'),
        @('--no-write-hosts', 'Leave every hosts file alone'),
        @('--host-suffix', 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'),
        @('--no-nat-traversal', 'Don''t try the candidates of peers that don''t answer, and use no relay'),
        @('--exclude-nat-candidates', 'Don''t report addresses of this machine in CIDR'),
        @('--no-nat-candidates', 'Report no addresses of this machine'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['fetch'] = @(
        @('-w', 'Wait until the peers are reached'),
        @('--wait', 'Wait until the peers are reached'),
        @('--timeout', 'With --wait: for how long, 1 to 3600 (30)'),
        @('--hosts-path', 'The hosts file to keep the names of peers in (/etc/hosts)'),
        @('--no-write-hosts', 'Leave every hosts file alone'),
        @('--host-suffix', 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'),
        @('--no-nat-traversal', 'Don''t try the candidates of peers that don''t answer, and use no relay'),
        @('--exclude-nat-candidates', 'Don''t report addresses of this machine in CIDR'),
        @('--no-nat-candidates', 'Report no addresses of this machine'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['uninstall'] = @(
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--hosts-path', 'The hosts file to keep the names of peers in (/etc/hosts)'),
        @('--no-write-hosts', 'Leave every hosts file alone'),
        @('--host-suffix', 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['down'] = @(
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['add-peer'] = @(
        @('--name', 'The name of the new peer'),
        @('--ip', 'Its address, inside its CIDR'),
        @('--auto-ip', 'Give it the first free address of its CIDR'),
        @('--cidr', 'The CIDR that it belongs to'),
        @('--admin', 'Whether it may change the network'),
        @('--save-config', 'Where to write the invitation; a file that exists is refused'),
        @('--invite-expires', 'How long the invitation is valid, like 14d or 90m'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['rename-peer'] = @(
        @('--name', 'The peer'),
        @('--new-name', 'Its new name'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['add-cidr'] = @(
        @('--name', 'The name of the new CIDR'),
        @('--cidr', 'Its addresses, like 10.42.2.0/24'),
        @('--parent', 'The smallest CIDR that contains it'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['rename-cidr'] = @(
        @('--name', 'The CIDR'),
        @('--new-name', 'Its new name'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['delete-cidr'] = @(
        @('--name', 'The CIDR'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['list-cidrs'] = @(
        @('-t', 'Nested, each below its parent'),
        @('--tree', 'Nested, each below its parent'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['disable-peer'] = @(
        @('--name', 'The peer'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['enable-peer'] = @(
        @('--name', 'The peer'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['set-relay'] = @(
        @('--name', 'The peer'),
        @('--off', 'It is to be a relay no longer'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['add-association'] = @(
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['delete-association'] = @(
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['list-associations'] = @(
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['set-listen-port'] = @(
        @('-l', 'The UDP port that this machine listens on; 0 is as --unset'),
        @('--listen-port', 'The UDP port that this machine listens on; 0 is as --unset'),
        @('-u', 'Use a random port'),
        @('--unset', 'Use a random port'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['override-endpoint'] = @(
        @('-e', 'Where other peers reach this machine'),
        @('--endpoint', 'Where other peers reach this machine'),
        @('-u', 'Let the server find it out'),
        @('--unset', 'Let the server find it out'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['override-peer-endpoint'] = @(
        @('--name', 'The peer'),
        @('-e', 'Where this machine reaches it'),
        @('--endpoint', 'Where this machine reaches it'),
        @('-u', 'Go back to what the server says'),
        @('--unset', 'Go back to what the server says'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['netcheck'] = @(
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['completions'] = @(
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-v', 'Say more; -vv says everything'),
        @('--verbose', 'Say more; -vv says everything'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    # What the value of an option is, or the argument of a number.
    $kinds = [System.Collections.Hashtable]::new()
    $kinds[' -c'] = @('file')
    $kinds[' --config-dir'] = @('file')
    $kinds[' -d'] = @('file')
    $kinds[' --data-dir'] = @('file')
    $kinds[' --backend'] = @('choice', 'kernel', 'userspace')
    $kinds[' --mtu'] = @('text')
    $kinds['install --name'] = @('text')
    $kinds['install --hosts-path'] = @('file')
    $kinds['install --host-suffix'] = @('text')
    $kinds['install --exclude-nat-candidates'] = @('text')
    $kinds['install -c'] = @('file')
    $kinds['install --config-dir'] = @('file')
    $kinds['install --data-dir'] = @('file')
    $kinds['install --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['install --mtu'] = @('text')
    $kinds['install 1'] = @('file')
    $kinds['show -c'] = @('file')
    $kinds['show --config-dir'] = @('file')
    $kinds['show -d'] = @('file')
    $kinds['show --data-dir'] = @('file')
    $kinds['show --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['show --mtu'] = @('text')
    $kinds['show 1'] = @('text')
    $kinds['why -c'] = @('file')
    $kinds['why --config-dir'] = @('file')
    $kinds['why -d'] = @('file')
    $kinds['why --data-dir'] = @('file')
    $kinds['why --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['why --mtu'] = @('text')
    $kinds['why 1'] = @('text')
    $kinds['why 2'] = @('text')
    $kinds['up --interval'] = @('text')
    $kinds['up --hosts-path'] = @('file')
    $kinds['up --host-suffix'] = @('text')
    $kinds['up --exclude-nat-candidates'] = @('text')
    $kinds['up -c'] = @('file')
    $kinds['up --config-dir'] = @('file')
    $kinds['up --data-dir'] = @('file')
    $kinds['up --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['up --mtu'] = @('text')
    $kinds['up 1'] = @('text')
    $kinds['fetch --timeout'] = @('text')
    $kinds['fetch --hosts-path'] = @('file')
    $kinds['fetch --host-suffix'] = @('text')
    $kinds['fetch --exclude-nat-candidates'] = @('text')
    $kinds['fetch -c'] = @('file')
    $kinds['fetch --config-dir'] = @('file')
    $kinds['fetch -d'] = @('file')
    $kinds['fetch --data-dir'] = @('file')
    $kinds['fetch --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['fetch --mtu'] = @('text')
    $kinds['fetch 1'] = @('text')
    $kinds['uninstall --hosts-path'] = @('file')
    $kinds['uninstall --host-suffix'] = @('text')
    $kinds['uninstall -c'] = @('file')
    $kinds['uninstall --config-dir'] = @('file')
    $kinds['uninstall -d'] = @('file')
    $kinds['uninstall --data-dir'] = @('file')
    $kinds['uninstall --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['uninstall --mtu'] = @('text')
    $kinds['uninstall 1'] = @('text')
    $kinds['down -c'] = @('file')
    $kinds['down --config-dir'] = @('file')
    $kinds['down -d'] = @('file')
    $kinds['down --data-dir'] = @('file')
    $kinds['down --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['down --mtu'] = @('text')
    $kinds['down 1'] = @('text')
    $kinds['add-peer --name'] = @('text')
    $kinds['add-peer --ip'] = @('text')
    $kinds['add-peer --cidr'] = @('text')
    $kinds['add-peer --admin'] = @('choice', 'true', 'false')
    $kinds['add-peer --save-config'] = @('file')
    $kinds['add-peer --invite-expires'] = @('text')
    $kinds['add-peer -c'] = @('file')
    $kinds['add-peer --config-dir'] = @('file')
    $kinds['add-peer -d'] = @('file')
    $kinds['add-peer --data-dir'] = @('file')
    $kinds['add-peer --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['add-peer --mtu'] = @('text')
    $kinds['add-peer 1'] = @('text')
    $kinds['rename-peer --name'] = @('text')
    $kinds['rename-peer --new-name'] = @('text')
    $kinds['rename-peer -c'] = @('file')
    $kinds['rename-peer --config-dir'] = @('file')
    $kinds['rename-peer -d'] = @('file')
    $kinds['rename-peer --data-dir'] = @('file')
    $kinds['rename-peer --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['rename-peer --mtu'] = @('text')
    $kinds['rename-peer 1'] = @('text')
    $kinds['add-cidr --name'] = @('text')
    $kinds['add-cidr --cidr'] = @('text')
    $kinds['add-cidr --parent'] = @('text')
    $kinds['add-cidr -c'] = @('file')
    $kinds['add-cidr --config-dir'] = @('file')
    $kinds['add-cidr -d'] = @('file')
    $kinds['add-cidr --data-dir'] = @('file')
    $kinds['add-cidr --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['add-cidr --mtu'] = @('text')
    $kinds['add-cidr 1'] = @('text')
    $kinds['rename-cidr --name'] = @('text')
    $kinds['rename-cidr --new-name'] = @('text')
    $kinds['rename-cidr -c'] = @('file')
    $kinds['rename-cidr --config-dir'] = @('file')
    $kinds['rename-cidr -d'] = @('file')
    $kinds['rename-cidr --data-dir'] = @('file')
    $kinds['rename-cidr --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['rename-cidr --mtu'] = @('text')
    $kinds['rename-cidr 1'] = @('text')
    $kinds['delete-cidr --name'] = @('text')
    $kinds['delete-cidr -c'] = @('file')
    $kinds['delete-cidr --config-dir'] = @('file')
    $kinds['delete-cidr -d'] = @('file')
    $kinds['delete-cidr --data-dir'] = @('file')
    $kinds['delete-cidr --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['delete-cidr --mtu'] = @('text')
    $kinds['delete-cidr 1'] = @('text')
    $kinds['list-cidrs -c'] = @('file')
    $kinds['list-cidrs --config-dir'] = @('file')
    $kinds['list-cidrs -d'] = @('file')
    $kinds['list-cidrs --data-dir'] = @('file')
    $kinds['list-cidrs --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['list-cidrs --mtu'] = @('text')
    $kinds['list-cidrs 1'] = @('text')
    $kinds['disable-peer --name'] = @('text')
    $kinds['disable-peer -c'] = @('file')
    $kinds['disable-peer --config-dir'] = @('file')
    $kinds['disable-peer -d'] = @('file')
    $kinds['disable-peer --data-dir'] = @('file')
    $kinds['disable-peer --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['disable-peer --mtu'] = @('text')
    $kinds['disable-peer 1'] = @('text')
    $kinds['enable-peer --name'] = @('text')
    $kinds['enable-peer -c'] = @('file')
    $kinds['enable-peer --config-dir'] = @('file')
    $kinds['enable-peer -d'] = @('file')
    $kinds['enable-peer --data-dir'] = @('file')
    $kinds['enable-peer --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['enable-peer --mtu'] = @('text')
    $kinds['enable-peer 1'] = @('text')
    $kinds['set-relay --name'] = @('text')
    $kinds['set-relay -c'] = @('file')
    $kinds['set-relay --config-dir'] = @('file')
    $kinds['set-relay -d'] = @('file')
    $kinds['set-relay --data-dir'] = @('file')
    $kinds['set-relay --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['set-relay --mtu'] = @('text')
    $kinds['set-relay 1'] = @('text')
    $kinds['add-association -c'] = @('file')
    $kinds['add-association --config-dir'] = @('file')
    $kinds['add-association -d'] = @('file')
    $kinds['add-association --data-dir'] = @('file')
    $kinds['add-association --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['add-association --mtu'] = @('text')
    $kinds['add-association 1'] = @('text')
    $kinds['add-association 2'] = @('text')
    $kinds['add-association 3'] = @('text')
    $kinds['delete-association -c'] = @('file')
    $kinds['delete-association --config-dir'] = @('file')
    $kinds['delete-association -d'] = @('file')
    $kinds['delete-association --data-dir'] = @('file')
    $kinds['delete-association --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['delete-association --mtu'] = @('text')
    $kinds['delete-association 1'] = @('text')
    $kinds['delete-association 2'] = @('text')
    $kinds['delete-association 3'] = @('text')
    $kinds['list-associations -c'] = @('file')
    $kinds['list-associations --config-dir'] = @('file')
    $kinds['list-associations -d'] = @('file')
    $kinds['list-associations --data-dir'] = @('file')
    $kinds['list-associations --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['list-associations --mtu'] = @('text')
    $kinds['list-associations 1'] = @('text')
    $kinds['set-listen-port -l'] = @('text')
    $kinds['set-listen-port --listen-port'] = @('text')
    $kinds['set-listen-port -c'] = @('file')
    $kinds['set-listen-port --config-dir'] = @('file')
    $kinds['set-listen-port -d'] = @('file')
    $kinds['set-listen-port --data-dir'] = @('file')
    $kinds['set-listen-port --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['set-listen-port --mtu'] = @('text')
    $kinds['set-listen-port 1'] = @('text')
    $kinds['override-endpoint -e'] = @('text')
    $kinds['override-endpoint --endpoint'] = @('text')
    $kinds['override-endpoint -c'] = @('file')
    $kinds['override-endpoint --config-dir'] = @('file')
    $kinds['override-endpoint -d'] = @('file')
    $kinds['override-endpoint --data-dir'] = @('file')
    $kinds['override-endpoint --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['override-endpoint --mtu'] = @('text')
    $kinds['override-endpoint 1'] = @('text')
    $kinds['override-peer-endpoint --name'] = @('text')
    $kinds['override-peer-endpoint -e'] = @('text')
    $kinds['override-peer-endpoint --endpoint'] = @('text')
    $kinds['override-peer-endpoint -c'] = @('file')
    $kinds['override-peer-endpoint --config-dir'] = @('file')
    $kinds['override-peer-endpoint -d'] = @('file')
    $kinds['override-peer-endpoint --data-dir'] = @('file')
    $kinds['override-peer-endpoint --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['override-peer-endpoint --mtu'] = @('text')
    $kinds['override-peer-endpoint 1'] = @('text')
    $kinds['netcheck -c'] = @('file')
    $kinds['netcheck --config-dir'] = @('file')
    $kinds['netcheck -d'] = @('file')
    $kinds['netcheck --data-dir'] = @('file')
    $kinds['netcheck --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['netcheck --mtu'] = @('text')
    $kinds['netcheck 1'] = @('text')
    $kinds['completions -c'] = @('file')
    $kinds['completions --config-dir'] = @('file')
    $kinds['completions -d'] = @('file')
    $kinds['completions --data-dir'] = @('file')
    $kinds['completions --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['completions --mtu'] = @('text')
    $kinds['completions 1'] = @('choice', 'bash', 'elvish', 'fish', 'powershell', 'zsh')
    $kinds['help 1'] = @('choice', 'install', 'redeem', 'show', 'list', 'why', 'up', 'fetch', 'uninstall', 'down', 'add-peer', 'rename-peer', 'add-cidr', 'rename-cidr', 'delete-cidr', 'list-cidrs', 'disable-peer', 'enable-peer', 'set-relay', 'add-association', 'delete-association', 'delete-associations', 'list-associations', 'set-listen-port', 'override-endpoint', 'override-peer-endpoint', 'netcheck', 'completions', 'help')

    $command = ''
    $position = 1
    $pending = ''
    $elements = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    foreach ($element in $elements) {
        $word = $element.ToString()
        if ($pending -cne '') {
            $pending = ''
        } elseif ($word.StartsWith('--')) {
            if ($kinds.ContainsKey("$command $word")) { $pending = $word }
        } elseif ($word.StartsWith('-') -and $word.Length -gt 1) {
            $letter = '-' + $word[-1]
            if ($kinds.ContainsKey("$command $letter")) { $pending = $letter }
        } elseif ($command -ceq '') {
            $command = if ($canonical.ContainsKey($word)) { $canonical[$word] } else { $word }
        } else {
            $position++
        }
    }

    $candidates = @()
    if ($pending -ceq '' -and $wordToComplete.StartsWith('-')) {
        if ($options.ContainsKey($command)) { $candidates = $options[$command] }
    } elseif ($pending -ceq '' -and $command -ceq '') {
        $candidates = $names
    } else {
        $key = if ($pending -cne '') { "$command $pending" } else { "$command $position" }
        if (-not $kinds.ContainsKey($key)) { return }
        if ($kinds[$key][0] -ceq 'file') {
            return [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
        }
        $candidates = @($kinds[$key] | Select-Object -Skip 1 | ForEach-Object { , @($_, $_) })
    }
    foreach ($candidate in $candidates) {
        if ($candidate[0].StartsWith($wordToComplete, [System.StringComparison]::Ordinal)) {
            [System.Management.Automation.CompletionResult]::new($candidate[0], $candidate[0], 'ParameterValue', $candidate[1])
        }
    }
}
