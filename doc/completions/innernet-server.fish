# Completions of innernet-server for fish: `innernet-server completions fish` prints them.

function __innernet_server_takes_value --argument-names command option
    switch "$command $option"
        case 'list-cidrs -t'
            return 1
        case 'new --network-name' 'new --network-cidr' 'new --external-endpoint' 'new --listen-port' 'new --database' 'init --network-name' 'init --network-cidr' 'init --external-endpoint' 'init --listen-port' 'init --database' 'serve --hosts-path' 'serve --host-suffix' 'serve --relay-port' 'add-peer --name' 'add-peer --ip' 'add-peer --cidr' 'add-peer --admin' 'add-peer --save-config' 'add-peer --invite-expires' 'rename-peer --name' 'rename-peer --new-name' 'enable-peer --name' 'disable-peer --name' 'set-relay --name' 'add-cidr --name' 'add-cidr --cidr' 'add-cidr --parent' 'rename-cidr --name' 'rename-cidr --new-name' 'delete-cidr --name' 'move-database --to' 'add-server --name' 'add-server --endpoint' 'add-server --save-config' 'remove-server --name' '* -c' '* --config-dir' '* -d' '* --data-dir' '* --backend' '* --mtu'
            return 0
    end
    return 1
end

# Prints the folder of the configs, the command (an empty line: none yet) and the number of the argument that is being typed.
function __innernet_server_read_line
    set -l words (commandline -opc)
    set -l folder /etc/innernet-server
    set -l command ''
    set -l position 1
    set -l pending ''
    set -l only_arguments no
    for word in $words[2..-1]
        if test -n "$pending"
            if contains -- $pending -c --config-dir
                set folder $word
            end
            set pending ''
        else if test $only_arguments = no; and test "$word" = --
            set only_arguments yes
        else if test $only_arguments = no; and string match -q -- '--*=*' $word
            if string match -q -- '--config-dir=*' $word
                set folder (string replace -- '--config-dir=' '' $word)
            end
        else if test $only_arguments = no; and string match -q -- '--*' $word
            if __innernet_server_takes_value "$command" $word
                set pending $word
            end
        else if test $only_arguments = no; and string match -q -- '-?*' $word
            set -l letters (string split '' (string sub -s 2 -- $word))
            for i in (seq (count $letters))
                if __innernet_server_takes_value "$command" -$letters[$i]
                    # What is left of the word is the value; with nothing left it is the next word.
                    if test $i = (count $letters)
                        set pending -$letters[$i]
                    else if contains -- -$letters[$i] -c --config-dir
                        set folder (string join '' $letters[(math $i + 1)..-1])
                    end
                    break
                end
            end
        else if test -z "$command"
            set command $word
        else
            set position (math $position + 1)
        end
    end
    string replace -r -- '^~/' "$HOME/" $folder
    printf '%s\n' "$command" $position
end

function __innernet_server_no_command
    set -l read (__innernet_server_read_line)
    test -z "$read[2]"
end

function __innernet_server_command # NAME...: one of these commands has been typed
    set -l read (__innernet_server_read_line)
    test -n "$read[2]"; and contains -- "$read[2]" $argv
end

function __innernet_server_argument # NUMBER NAME...: the argument of that number of one of these commands is being typed
    set -l read (__innernet_server_read_line)
    test -n "$read[2]"; and test "$read[3]" = $argv[1]; and contains -- "$read[2]" $argv[2..-1]
end

function __innernet_server_networks
    set -l read (__innernet_server_read_line)
    set -l files $read[1]/*.conf
    for file in $files
        string replace -r -- '.*/(.*)\.conf$' '$1' $file
    end | string match -r -- '^[a-z0-9][a-z0-9-]*$'
end

complete -c innernet-server -f
complete -c innernet-server -n '__innernet_server_no_command' -a new -d 'Make a new network.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a new -d 'Make a new network.'
complete -c innernet-server -n '__innernet_server_no_command' -a init -d 'Make a new network.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a init -d 'Make a new network.'
complete -c innernet-server -n '__innernet_server_no_command' -a serve -d 'Coordinate a network: bring its interface up and answer its peers.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a serve -d 'Coordinate a network: bring its interface up and answer its peers.'
complete -c innernet-server -n '__innernet_server_no_command' -a add-peer -d 'Add a peer and write its invitation.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a add-peer -d 'Add a peer and write its invitation.'
complete -c innernet-server -n '__innernet_server_no_command' -a rename-peer -d 'Rename a peer.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a rename-peer -d 'Rename a peer.'
complete -c innernet-server -n '__innernet_server_no_command' -a enable-peer -d 'Let a disabled peer take part again.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a enable-peer -d 'Let a disabled peer take part again.'
complete -c innernet-server -n '__innernet_server_no_command' -a disable-peer -d 'Shut a peer out, at once.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a disable-peer -d 'Shut a peer out, at once.'
complete -c innernet-server -n '__innernet_server_no_command' -a set-relay -d 'Let a peer\'s machine relay for peers that can\'t reach each other.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a set-relay -d 'Let a peer\'s machine relay for peers that can\'t reach each other.'
complete -c innernet-server -n '__innernet_server_no_command' -a list-peers -d 'List all peers.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a list-peers -d 'List all peers.'
complete -c innernet-server -n '__innernet_server_no_command' -a add-cidr -d 'Add a CIDR.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a add-cidr -d 'Add a CIDR.'
complete -c innernet-server -n '__innernet_server_no_command' -a rename-cidr -d 'Rename a CIDR.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a rename-cidr -d 'Rename a CIDR.'
complete -c innernet-server -n '__innernet_server_no_command' -a delete-cidr -d 'Delete a CIDR that has no CIDRs, peers or associations.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a delete-cidr -d 'Delete a CIDR that has no CIDRs, peers or associations.'
complete -c innernet-server -n '__innernet_server_no_command' -a list-cidrs -d 'List all CIDRs.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a list-cidrs -d 'List all CIDRs.'
complete -c innernet-server -n '__innernet_server_no_command' -a add-association -d 'Let the peers of two CIDRs see each other.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a add-association -d 'Let the peers of two CIDRs see each other.'
complete -c innernet-server -n '__innernet_server_no_command' -a delete-association -d 'Take an association back.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a delete-association -d 'Take an association back.'
complete -c innernet-server -n '__innernet_server_no_command' -a delete-associations -d 'Take an association back.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a delete-associations -d 'Take an association back.'
complete -c innernet-server -n '__innernet_server_no_command' -a list-associations -d 'List all associations.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a list-associations -d 'List all associations.'
complete -c innernet-server -n '__innernet_server_no_command' -a move-database -d 'Move a network\'s database to PostgreSQL, or back to SQLite.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a move-database -d 'Move a network\'s database to PostgreSQL, or back to SQLite.'
complete -c innernet-server -n '__innernet_server_no_command' -a add-server -d 'Add a server that stands by.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a add-server -d 'Add a server that stands by.'
complete -c innernet-server -n '__innernet_server_no_command' -a join -d 'Make this machine a server of a network that has one.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a join -d 'Make this machine a server of a network that has one.'
complete -c innernet-server -n '__innernet_server_no_command' -a list-servers -d 'List the servers of a network: which is active, and which stand by.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a list-servers -d 'List the servers of a network: which is active, and which stand by.'
complete -c innernet-server -n '__innernet_server_no_command' -a step-down -d 'Let a server that stands by take over from the active one.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a step-down -d 'Let a server that stands by take over from the active one.'
complete -c innernet-server -n '__innernet_server_no_command' -a remove-server -d 'Remove a server from a network.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a remove-server -d 'Remove a server from a network.'
complete -c innernet-server -n '__innernet_server_no_command' -a uninstall -d 'Delete a network for good: interface, config and database.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a uninstall -d 'Delete a network for good: interface, config and database.'
complete -c innernet-server -n '__innernet_server_no_command' -a completions -d 'Print the completions for a shell.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a completions -d 'Print the completions for a shell.'
complete -c innernet-server -n '__innernet_server_no_command' -a help -d 'Show help.'
complete -c innernet-server -n '__innernet_server_argument 1 help' -a help -d 'Show help.'
complete -c innernet-server -n '__innernet_server_no_command' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_no_command' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_no_command' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_no_command' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_no_command' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_no_command' -s h -l help -d 'Show help'
complete -c innernet-server -n '__innernet_server_no_command' -s V -l version -d 'Show the version'

complete -c innernet-server -n '__innernet_server_command new init' -l network-name -x -d 'The network\'s name, which its interfaces get, too'
complete -c innernet-server -n '__innernet_server_command new init' -l network-cidr -x -d 'All addresses of the network, like 10.42.0.0/16'
complete -c innernet-server -n '__innernet_server_command new init' -l external-endpoint -x -d 'Where peers reach this server'
complete -c innernet-server -n '__innernet_server_command new init' -l auto-external-endpoint -d 'Ask a DNS resolver for this machine\'s public address'
complete -c innernet-server -n '__innernet_server_command new init' -l listen-port -x -d 'UDP port of WireGuard and TCP port of the API (usually 51820)'
complete -c innernet-server -n '__innernet_server_command new init' -l database -x -d 'A PostgreSQL database that is there, for the network'
complete -c innernet-server -n '__innernet_server_command new init' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command new init' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command new init' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command new init' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command new init' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command new init' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command new init' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 serve' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command serve' -l hosts-path -r -F -d 'The hosts file to keep the names of peers in (/etc/hosts)'
complete -c innernet-server -n '__innernet_server_command serve' -l no-write-hosts -d 'Leave every hosts file alone'
complete -c innernet-server -n '__innernet_server_command serve' -l host-suffix -x -d 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'
complete -c innernet-server -n '__innernet_server_command serve' -l no-relay -d 'Don\'t relay between peers that can\'t reach each other'
complete -c innernet-server -n '__innernet_server_command serve' -l relay-port -x -d 'UDP port of the relay, instead of the next one'
complete -c innernet-server -n '__innernet_server_command serve' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command serve' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command serve' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command serve' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command serve' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command serve' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 add-peer' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command add-peer' -l name -x -d 'The peer\'s name'
complete -c innernet-server -n '__innernet_server_command add-peer' -l ip -x -d 'Its address'
complete -c innernet-server -n '__innernet_server_command add-peer' -l auto-ip -d 'Its address is the first free one of the CIDR'
complete -c innernet-server -n '__innernet_server_command add-peer' -l cidr -x -d 'The CIDR that it belongs to'
complete -c innernet-server -n '__innernet_server_command add-peer' -l admin -x -a 'true false' -d 'Whether it may change the network'
complete -c innernet-server -n '__innernet_server_command add-peer' -l save-config -r -F -d 'Where to write its invitation; never overwrites a file'
complete -c innernet-server -n '__innernet_server_command add-peer' -l invite-expires -x -d 'How long the invitation is valid, like 14d or 90m'
complete -c innernet-server -n '__innernet_server_command add-peer' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command add-peer' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command add-peer' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command add-peer' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command add-peer' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command add-peer' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command add-peer' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command add-peer' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 rename-peer' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command rename-peer' -l name -x -d 'Its name now'
complete -c innernet-server -n '__innernet_server_command rename-peer' -l new-name -x -d 'Its new name'
complete -c innernet-server -n '__innernet_server_command rename-peer' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command rename-peer' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command rename-peer' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command rename-peer' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command rename-peer' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command rename-peer' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command rename-peer' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command rename-peer' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 enable-peer' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command enable-peer' -l name -x -d 'Which peer'
complete -c innernet-server -n '__innernet_server_command enable-peer' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command enable-peer' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command enable-peer' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command enable-peer' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command enable-peer' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command enable-peer' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command enable-peer' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command enable-peer' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 disable-peer' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command disable-peer' -l name -x -d 'Which peer'
complete -c innernet-server -n '__innernet_server_command disable-peer' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command disable-peer' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command disable-peer' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command disable-peer' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command disable-peer' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command disable-peer' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command disable-peer' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command disable-peer' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 set-relay' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command set-relay' -l name -x -d 'Which peer'
complete -c innernet-server -n '__innernet_server_command set-relay' -l off -d 'It is to be a relay no longer'
complete -c innernet-server -n '__innernet_server_command set-relay' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command set-relay' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command set-relay' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command set-relay' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command set-relay' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command set-relay' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command set-relay' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command set-relay' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 list-peers' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command list-peers' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command list-peers' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command list-peers' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command list-peers' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command list-peers' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command list-peers' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command list-peers' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 add-cidr' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command add-cidr' -l name -x -d 'The CIDR\'s name'
complete -c innernet-server -n '__innernet_server_command add-cidr' -l cidr -x -d 'Its addresses, like 10.42.1.0/24'
complete -c innernet-server -n '__innernet_server_command add-cidr' -l parent -x -d 'The CIDR that it lies in'
complete -c innernet-server -n '__innernet_server_command add-cidr' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command add-cidr' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command add-cidr' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command add-cidr' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command add-cidr' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command add-cidr' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command add-cidr' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command add-cidr' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 rename-cidr' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -l name -x -d 'Its name now'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -l new-name -x -d 'Its new name'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command rename-cidr' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 delete-cidr' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command delete-cidr' -l name -x -d 'Which CIDR'
complete -c innernet-server -n '__innernet_server_command delete-cidr' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command delete-cidr' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command delete-cidr' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command delete-cidr' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command delete-cidr' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command delete-cidr' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command delete-cidr' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command delete-cidr' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 list-cidrs' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command list-cidrs' -s t -l tree -d 'Show which lies in which'
complete -c innernet-server -n '__innernet_server_command list-cidrs' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command list-cidrs' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command list-cidrs' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command list-cidrs' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command list-cidrs' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command list-cidrs' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command list-cidrs' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 add-association' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command add-association' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command add-association' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command add-association' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command add-association' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command add-association' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command add-association' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command add-association' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command add-association' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 delete-association delete-associations' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command delete-association delete-associations' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command delete-association delete-associations' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command delete-association delete-associations' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command delete-association delete-associations' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command delete-association delete-associations' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command delete-association delete-associations' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command delete-association delete-associations' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command delete-association delete-associations' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 list-associations' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command list-associations' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command list-associations' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command list-associations' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command list-associations' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command list-associations' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command list-associations' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command list-associations' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 move-database' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command move-database' -l to -x -d 'An empty PostgreSQL database, or sqlite for the usual file'
complete -c innernet-server -n '__innernet_server_command move-database' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command move-database' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command move-database' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command move-database' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command move-database' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command move-database' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command move-database' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command move-database' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 add-server' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command add-server' -l name -x -d 'The new server\'s name (usually that of its machine)'
complete -c innernet-server -n '__innernet_server_command add-server' -l endpoint -x -d 'Where peers reach it'
complete -c innernet-server -n '__innernet_server_command add-server' -l save-config -r -F -d 'Where the file for `join` is written'
complete -c innernet-server -n '__innernet_server_command add-server' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command add-server' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command add-server' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command add-server' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command add-server' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command add-server' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command add-server' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 join' -F
complete -c innernet-server -n '__innernet_server_command join' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command join' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command join' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command join' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command join' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command join' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command join' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 list-servers' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command list-servers' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command list-servers' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command list-servers' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command list-servers' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command list-servers' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command list-servers' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command list-servers' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 step-down' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command step-down' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command step-down' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command step-down' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command step-down' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command step-down' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command step-down' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command step-down' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command step-down' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 remove-server' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command remove-server' -l name -x -d 'A server that is not active'
complete -c innernet-server -n '__innernet_server_command remove-server' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command remove-server' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command remove-server' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command remove-server' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command remove-server' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command remove-server' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command remove-server' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command remove-server' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 uninstall' -a '(__innernet_server_networks)'
complete -c innernet-server -n '__innernet_server_command uninstall' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet-server -n '__innernet_server_command uninstall' -l json -d 'Print the result as one JSON document'
complete -c innernet-server -n '__innernet_server_command uninstall' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command uninstall' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command uninstall' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command uninstall' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command uninstall' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command uninstall' -s h -l help -d 'Show help'

complete -c innernet-server -n '__innernet_server_argument 1 completions' -a 'bash elvish fish powershell zsh'
complete -c innernet-server -n '__innernet_server_command completions' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet-server -n '__innernet_server_command completions' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet-server -n '__innernet_server_command completions' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet-server -n '__innernet_server_command completions' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet-server -n '__innernet_server_command completions' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet-server -n '__innernet_server_command completions' -s h -l help -d 'Show help'
