# Completions of innernet-server for PowerShell: `innernet-server completions powershell` prints them.

Register-ArgumentCompleter -Native -CommandName 'innernet-server' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $names = @(
        @('new', 'Make a new network.'),
        @('init', 'Make a new network.'),
        @('serve', 'Coordinate a network: bring its interface up and answer its peers.'),
        @('add-peer', 'Add a peer and write its invitation.'),
        @('rename-peer', 'Rename a peer.'),
        @('enable-peer', 'Let a disabled peer take part again.'),
        @('disable-peer', 'Shut a peer out, at once.'),
        @('set-relay', 'Let a peer''s machine relay for peers that can''t reach each other.'),
        @('list-peers', 'List all peers.'),
        @('add-cidr', 'Add a CIDR.'),
        @('rename-cidr', 'Rename a CIDR.'),
        @('delete-cidr', 'Delete a CIDR that has no CIDRs, peers or associations.'),
        @('list-cidrs', 'List all CIDRs.'),
        @('add-association', 'Let the peers of two CIDRs see each other.'),
        @('delete-association', 'Take an association back.'),
        @('delete-associations', 'Take an association back.'),
        @('list-associations', 'List all associations.'),
        @('move-database', 'Move a network''s database to PostgreSQL, or back to SQLite.'),
        @('add-server', 'Add a server that stands by.'),
        @('join', 'Make this machine a server of a network that has one.'),
        @('list-servers', 'List the servers of a network: which is active, and which stand by.'),
        @('step-down', 'Let a server that stands by take over from the active one.'),
        @('remove-server', 'Remove a server from a network.'),
        @('uninstall', 'Delete a network for good: interface, config and database.'),
        @('completions', 'Print the completions for a shell.'),
        @('help', 'Show help.')
    )
    $canonical = [System.Collections.Hashtable]::new()
    $canonical['init'] = 'new'
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
        @('-h', 'Show help'),
        @('--help', 'Show help'),
        @('-V', 'Show the version'),
        @('--version', 'Show the version')
    )
    $options['new'] = @(
        @('--network-name', 'The network''s name, which its interfaces get, too'),
        @('--network-cidr', 'All addresses of the network, like 10.42.0.0/16'),
        @('--external-endpoint', 'Where peers reach this server'),
        @('--auto-external-endpoint', 'Ask a DNS resolver for this machine''s public address'),
        @('--listen-port', 'UDP port of WireGuard and TCP port of the API (usually 51820)'),
        @('--database', 'A PostgreSQL database that is there, for the network'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['serve'] = @(
        @('--hosts-path', 'The hosts file to keep the names of peers in (/etc/hosts)'),
        @('--no-write-hosts', 'Leave every hosts file alone'),
        @('--host-suffix', 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'),
        @('--no-relay', 'Don''t relay between peers that can''t reach each other'),
        @('--relay-port', 'UDP port of the relay, instead of the next one'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['add-peer'] = @(
        @('--name', 'The peer''s name'),
        @('--ip', 'Its address'),
        @('--auto-ip', 'Its address is the first free one of the CIDR'),
        @('--cidr', 'The CIDR that it belongs to'),
        @('--admin', 'Whether it may change the network'),
        @('--save-config', 'Where to write its invitation; never overwrites a file'),
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
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['rename-peer'] = @(
        @('--name', 'Its name now'),
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
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['enable-peer'] = @(
        @('--name', 'Which peer'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['disable-peer'] = @(
        @('--name', 'Which peer'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['set-relay'] = @(
        @('--name', 'Which peer'),
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
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['list-peers'] = @(
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['add-cidr'] = @(
        @('--name', 'The CIDR''s name'),
        @('--cidr', 'Its addresses, like 10.42.1.0/24'),
        @('--parent', 'The CIDR that it lies in'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['rename-cidr'] = @(
        @('--name', 'Its name now'),
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
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['delete-cidr'] = @(
        @('--name', 'Which CIDR'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['list-cidrs'] = @(
        @('-t', 'Show which lies in which'),
        @('--tree', 'Show which lies in which'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
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
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['move-database'] = @(
        @('--to', 'An empty PostgreSQL database, or sqlite for the usual file'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['add-server'] = @(
        @('--name', 'The new server''s name (usually that of its machine)'),
        @('--endpoint', 'Where peers reach it'),
        @('--save-config', 'Where the file for `join` is written'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['join'] = @(
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['list-servers'] = @(
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['step-down'] = @(
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['remove-server'] = @(
        @('--name', 'A server that is not active'),
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
        @('-h', 'Show help'),
        @('--help', 'Show help')
    )
    $options['uninstall'] = @(
        @('--yes', 'Don''t ask whether to go ahead'),
        @('--json', 'Print the result as one JSON document'),
        @('-c', 'Where the configs are'),
        @('--config-dir', 'Where the configs are'),
        @('-d', 'Where the data is kept'),
        @('--data-dir', 'Where the data is kept'),
        @('--no-routing', 'Don''t set the route to the network; something else does'),
        @('--backend', 'Which WireGuard to use; without, what there is'),
        @('--mtu', 'MTU of the interface in bytes, 576 to 65535 (1280)'),
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
    $kinds['new --network-name'] = @('text')
    $kinds['new --network-cidr'] = @('text')
    $kinds['new --external-endpoint'] = @('text')
    $kinds['new --listen-port'] = @('text')
    $kinds['new --database'] = @('text')
    $kinds['new -c'] = @('file')
    $kinds['new --config-dir'] = @('file')
    $kinds['new -d'] = @('file')
    $kinds['new --data-dir'] = @('file')
    $kinds['new --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['new --mtu'] = @('text')
    $kinds['serve --hosts-path'] = @('file')
    $kinds['serve --host-suffix'] = @('text')
    $kinds['serve --relay-port'] = @('text')
    $kinds['serve -c'] = @('file')
    $kinds['serve --config-dir'] = @('file')
    $kinds['serve -d'] = @('file')
    $kinds['serve --data-dir'] = @('file')
    $kinds['serve --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['serve --mtu'] = @('text')
    $kinds['serve 1'] = @('text')
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
    $kinds['enable-peer --name'] = @('text')
    $kinds['enable-peer -c'] = @('file')
    $kinds['enable-peer --config-dir'] = @('file')
    $kinds['enable-peer -d'] = @('file')
    $kinds['enable-peer --data-dir'] = @('file')
    $kinds['enable-peer --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['enable-peer --mtu'] = @('text')
    $kinds['enable-peer 1'] = @('text')
    $kinds['disable-peer --name'] = @('text')
    $kinds['disable-peer -c'] = @('file')
    $kinds['disable-peer --config-dir'] = @('file')
    $kinds['disable-peer -d'] = @('file')
    $kinds['disable-peer --data-dir'] = @('file')
    $kinds['disable-peer --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['disable-peer --mtu'] = @('text')
    $kinds['disable-peer 1'] = @('text')
    $kinds['set-relay --name'] = @('text')
    $kinds['set-relay -c'] = @('file')
    $kinds['set-relay --config-dir'] = @('file')
    $kinds['set-relay -d'] = @('file')
    $kinds['set-relay --data-dir'] = @('file')
    $kinds['set-relay --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['set-relay --mtu'] = @('text')
    $kinds['set-relay 1'] = @('text')
    $kinds['list-peers -c'] = @('file')
    $kinds['list-peers --config-dir'] = @('file')
    $kinds['list-peers -d'] = @('file')
    $kinds['list-peers --data-dir'] = @('file')
    $kinds['list-peers --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['list-peers --mtu'] = @('text')
    $kinds['list-peers 1'] = @('text')
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
    $kinds['move-database --to'] = @('text')
    $kinds['move-database -c'] = @('file')
    $kinds['move-database --config-dir'] = @('file')
    $kinds['move-database -d'] = @('file')
    $kinds['move-database --data-dir'] = @('file')
    $kinds['move-database --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['move-database --mtu'] = @('text')
    $kinds['move-database 1'] = @('text')
    $kinds['add-server --name'] = @('text')
    $kinds['add-server --endpoint'] = @('text')
    $kinds['add-server --save-config'] = @('file')
    $kinds['add-server -c'] = @('file')
    $kinds['add-server --config-dir'] = @('file')
    $kinds['add-server -d'] = @('file')
    $kinds['add-server --data-dir'] = @('file')
    $kinds['add-server --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['add-server --mtu'] = @('text')
    $kinds['add-server 1'] = @('text')
    $kinds['join -c'] = @('file')
    $kinds['join --config-dir'] = @('file')
    $kinds['join -d'] = @('file')
    $kinds['join --data-dir'] = @('file')
    $kinds['join --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['join --mtu'] = @('text')
    $kinds['join 1'] = @('file')
    $kinds['list-servers -c'] = @('file')
    $kinds['list-servers --config-dir'] = @('file')
    $kinds['list-servers -d'] = @('file')
    $kinds['list-servers --data-dir'] = @('file')
    $kinds['list-servers --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['list-servers --mtu'] = @('text')
    $kinds['list-servers 1'] = @('text')
    $kinds['step-down -c'] = @('file')
    $kinds['step-down --config-dir'] = @('file')
    $kinds['step-down -d'] = @('file')
    $kinds['step-down --data-dir'] = @('file')
    $kinds['step-down --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['step-down --mtu'] = @('text')
    $kinds['step-down 1'] = @('text')
    $kinds['remove-server --name'] = @('text')
    $kinds['remove-server -c'] = @('file')
    $kinds['remove-server --config-dir'] = @('file')
    $kinds['remove-server -d'] = @('file')
    $kinds['remove-server --data-dir'] = @('file')
    $kinds['remove-server --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['remove-server --mtu'] = @('text')
    $kinds['remove-server 1'] = @('text')
    $kinds['uninstall -c'] = @('file')
    $kinds['uninstall --config-dir'] = @('file')
    $kinds['uninstall -d'] = @('file')
    $kinds['uninstall --data-dir'] = @('file')
    $kinds['uninstall --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['uninstall --mtu'] = @('text')
    $kinds['uninstall 1'] = @('text')
    $kinds['completions -c'] = @('file')
    $kinds['completions --config-dir'] = @('file')
    $kinds['completions -d'] = @('file')
    $kinds['completions --data-dir'] = @('file')
    $kinds['completions --backend'] = @('choice', 'kernel', 'userspace')
    $kinds['completions --mtu'] = @('text')
    $kinds['completions 1'] = @('choice', 'bash', 'elvish', 'fish', 'powershell', 'zsh')
    $kinds['help 1'] = @('choice', 'new', 'init', 'serve', 'add-peer', 'rename-peer', 'enable-peer', 'disable-peer', 'set-relay', 'list-peers', 'add-cidr', 'rename-cidr', 'delete-cidr', 'list-cidrs', 'add-association', 'delete-association', 'delete-associations', 'list-associations', 'move-database', 'add-server', 'join', 'list-servers', 'step-down', 'remove-server', 'uninstall', 'completions', 'help')

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
