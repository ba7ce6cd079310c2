# Completions of innernet for fish: `innernet completions fish` prints them.

function __innernet_takes_value --argument-names command option
    switch "$command $option"
        case 'install -d'
            return 1
        case 'redeem -d'
            return 1
        case 'show -s'
            return 1
        case 'show -t'
            return 1
        case 'list -s'
            return 1
        case 'list -t'
            return 1
        case 'up -d'
            return 1
        case 'fetch -w'
            return 1
        case 'list-cidrs -t'
            return 1
        case 'set-listen-port -u'
            return 1
        case 'override-endpoint -u'
            return 1
        case 'override-peer-endpoint -u'
            return 1
        case 'install --name' 'install --hosts-path' 'install --host-suffix' 'install --exclude-nat-candidates' 'redeem --name' 'redeem --hosts-path' 'redeem --host-suffix' 'redeem --exclude-nat-candidates' 'up --interval' 'up --hosts-path' 'up --host-suffix' 'up --exclude-nat-candidates' 'fetch --timeout' 'fetch --hosts-path' 'fetch --host-suffix' 'fetch --exclude-nat-candidates' 'uninstall --hosts-path' 'uninstall --host-suffix' 'add-peer --name' 'add-peer --ip' 'add-peer --cidr' 'add-peer --admin' 'add-peer --save-config' 'add-peer --invite-expires' 'rename-peer --name' 'rename-peer --new-name' 'add-cidr --name' 'add-cidr --cidr' 'add-cidr --parent' 'rename-cidr --name' 'rename-cidr --new-name' 'delete-cidr --name' 'disable-peer --name' 'enable-peer --name' 'set-relay --name' 'set-listen-port -l' 'set-listen-port --listen-port' 'override-endpoint -e' 'override-endpoint --endpoint' 'override-peer-endpoint --name' 'override-peer-endpoint -e' 'override-peer-endpoint --endpoint' '* -c' '* --config-dir' '* -d' '* --data-dir' '* --backend' '* --mtu'
            return 0
    end
    return 1
end

# Prints the folder of the configs, the command (an empty line: none yet) and the number of the argument that is being typed.
function __innernet_read_line
    set -l words (commandline -opc)
    set -l folder /etc/innernet
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
            if __innernet_takes_value "$command" $word
                set pending $word
            end
        else if test $only_arguments = no; and string match -q -- '-?*' $word
            set -l letters (string split '' (string sub -s 2 -- $word))
            for i in (seq (count $letters))
                if __innernet_takes_value "$command" -$letters[$i]
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

function __innernet_no_command
    set -l read (__innernet_read_line)
    test -z "$read[2]"
end

function __innernet_command # NAME...: one of these commands has been typed
    set -l read (__innernet_read_line)
    test -n "$read[2]"; and contains -- "$read[2]" $argv
end

function __innernet_argument # NUMBER NAME...: the argument of that number of one of these commands is being typed
    set -l read (__innernet_read_line)
    test -n "$read[2]"; and test "$read[3]" = $argv[1]; and contains -- "$read[2]" $argv[2..-1]
end

function __innernet_networks
    set -l read (__innernet_read_line)
    set -l files $read[1]/*.conf
    for file in $files
        string replace -r -- '.*/(.*)\.conf$' '$1' $file
    end | string match -r -- '^[a-z0-9][a-z0-9-]*$'
end

complete -c innernet -f
complete -c innernet -n '__innernet_no_command' -a install -d 'Join a network with an invitation.'
complete -c innernet -n '__innernet_argument 1 help' -a install -d 'Join a network with an invitation.'
complete -c innernet -n '__innernet_no_command' -a redeem -d 'Join a network with an invitation.'
complete -c innernet -n '__innernet_argument 1 help' -a redeem -d 'Join a network with an invitation.'
complete -c innernet -n '__innernet_no_command' -a show -d 'Show the networks that are up, and their peers.'
complete -c innernet -n '__innernet_argument 1 help' -a show -d 'Show the networks that are up, and their peers.'
complete -c innernet -n '__innernet_no_command' -a list -d 'Show the networks that are up, and their peers.'
complete -c innernet -n '__innernet_argument 1 help' -a list -d 'Show the networks that are up, and their peers.'
complete -c innernet -n '__innernet_no_command' -a why -d 'Say why a peer is reached as it is, and what would help.'
complete -c innernet -n '__innernet_argument 1 help' -a why -d 'Say why a peer is reached as it is, and what would help.'
complete -c innernet -n '__innernet_no_command' -a up -d 'Bring networks up and fetch their peers.'
complete -c innernet -n '__innernet_argument 1 help' -a up -d 'Bring networks up and fetch their peers.'
complete -c innernet -n '__innernet_no_command' -a fetch -d 'Fetch the peers of a network that is up.'
complete -c innernet -n '__innernet_argument 1 help' -a fetch -d 'Fetch the peers of a network that is up.'
complete -c innernet -n '__innernet_no_command' -a uninstall -d 'Leave a network: remove its interface, config and data.'
complete -c innernet -n '__innernet_argument 1 help' -a uninstall -d 'Leave a network: remove its interface, config and data.'
complete -c innernet -n '__innernet_no_command' -a down -d 'Take a network down.'
complete -c innernet -n '__innernet_argument 1 help' -a down -d 'Take a network down.'
complete -c innernet -n '__innernet_no_command' -a add-peer -d 'Invite a peer (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a add-peer -d 'Invite a peer (admins).'
complete -c innernet -n '__innernet_no_command' -a rename-peer -d 'Rename a peer (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a rename-peer -d 'Rename a peer (admins).'
complete -c innernet -n '__innernet_no_command' -a add-cidr -d 'Add a CIDR (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a add-cidr -d 'Add a CIDR (admins).'
complete -c innernet -n '__innernet_no_command' -a rename-cidr -d 'Rename a CIDR (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a rename-cidr -d 'Rename a CIDR (admins).'
complete -c innernet -n '__innernet_no_command' -a delete-cidr -d 'Delete a CIDR that nothing is in (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a delete-cidr -d 'Delete a CIDR that nothing is in (admins).'
complete -c innernet -n '__innernet_no_command' -a list-cidrs -d 'List the CIDRs of a network.'
complete -c innernet -n '__innernet_argument 1 help' -a list-cidrs -d 'List the CIDRs of a network.'
complete -c innernet -n '__innernet_no_command' -a disable-peer -d 'Shut a peer out (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a disable-peer -d 'Shut a peer out (admins).'
complete -c innernet -n '__innernet_no_command' -a enable-peer -d 'Let a disabled peer in again (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a enable-peer -d 'Let a disabled peer in again (admins).'
complete -c innernet -n '__innernet_no_command' -a set-relay -d 'Let a peer\'s machine relay for others (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a set-relay -d 'Let a peer\'s machine relay for others (admins).'
complete -c innernet -n '__innernet_no_command' -a add-association -d 'Let the peers of two CIDRs see each other (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a add-association -d 'Let the peers of two CIDRs see each other (admins).'
complete -c innernet -n '__innernet_no_command' -a delete-association -d 'Take back an association (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a delete-association -d 'Take back an association (admins).'
complete -c innernet -n '__innernet_no_command' -a delete-associations -d 'Take back an association (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a delete-associations -d 'Take back an association (admins).'
complete -c innernet -n '__innernet_no_command' -a list-associations -d 'List the associations of CIDRs (admins).'
complete -c innernet -n '__innernet_argument 1 help' -a list-associations -d 'List the associations of CIDRs (admins).'
complete -c innernet -n '__innernet_no_command' -a set-listen-port -d 'Choose the UDP port of this machine.'
complete -c innernet -n '__innernet_argument 1 help' -a set-listen-port -d 'Choose the UDP port of this machine.'
complete -c innernet -n '__innernet_no_command' -a override-endpoint -d 'Say where other peers reach this machine.'
complete -c innernet -n '__innernet_argument 1 help' -a override-endpoint -d 'Say where other peers reach this machine.'
complete -c innernet -n '__innernet_no_command' -a override-peer-endpoint -d 'Say where this machine reaches a peer.'
complete -c innernet -n '__innernet_argument 1 help' -a override-peer-endpoint -d 'Say where this machine reaches a peer.'
complete -c innernet -n '__innernet_no_command' -a netcheck -d 'Tell what this machine\'s network is like.'
complete -c innernet -n '__innernet_argument 1 help' -a netcheck -d 'Tell what this machine\'s network is like.'
complete -c innernet -n '__innernet_no_command' -a completions -d 'Print the completions for a shell.'
complete -c innernet -n '__innernet_argument 1 help' -a completions -d 'Print the completions for a shell.'
complete -c innernet -n '__innernet_no_command' -a help -d 'Show help.'
complete -c innernet -n '__innernet_argument 1 help' -a help -d 'Show help.'
complete -c innernet -n '__innernet_no_command' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_no_command' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_no_command' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_no_command' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_no_command' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_no_command' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_no_command' -s h -l help -d 'Show help'
complete -c innernet -n '__innernet_no_command' -s V -l version -d 'Show the version'

complete -c innernet -n '__innernet_argument 1 install redeem' -F
complete -c innernet -n '__innernet_command install redeem' -l name -x -d 'The name that the interface gets here'
complete -c innernet -n '__innernet_command install redeem' -l default-name -d 'Name the interface like the network'
complete -c innernet -n '__innernet_command install redeem' -s d -l delete-invite -d 'Remove the invitation when it has been used'
complete -c innernet -n '__innernet_command install redeem' -l hosts-path -r -F -d 'The hosts file to keep the names of peers in (/etc/hosts)'
complete -c innernet -n '__innernet_command install redeem' -l no-write-hosts -d 'Leave every hosts file alone'
complete -c innernet -n '__innernet_command install redeem' -l host-suffix -x -d 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'
complete -c innernet -n '__innernet_command install redeem' -l no-nat-traversal -d 'Don\'t try the candidates of peers that don\'t answer, and use no relay'
complete -c innernet -n '__innernet_command install redeem' -l exclude-nat-candidates -x -d 'Don\'t report addresses of this machine in CIDR'
complete -c innernet -n '__innernet_command install redeem' -l no-nat-candidates -d 'Report no addresses of this machine'
complete -c innernet -n '__innernet_command install redeem' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command install redeem' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command install redeem' -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command install redeem' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command install redeem' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command install redeem' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command install redeem' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command install redeem' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 show list' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command show list' -s s -l short -d 'One line a peer'
complete -c innernet -n '__innernet_command show list' -s t -l tree -d 'Peers under their CIDRs'
complete -c innernet -n '__innernet_command show list' -l live -d 'A table that is drawn anew every second; q ends it'
complete -c innernet -n '__innernet_command show list' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command show list' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command show list' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command show list' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command show list' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command show list' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command show list' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command show list' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 why' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command why' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command why' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command why' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command why' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command why' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command why' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command why' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command why' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 up' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command up' -s d -l daemon -d 'Stay, and keep the networks up to date'
complete -c innernet -n '__innernet_command up' -l interval -x -d 'With --daemon: how often to look, 1 to 86400 (60)'
complete -c innernet -n '__innernet_command up' -l no-port-mapping -d 'With --daemon: don\'t ask the own router (PCP, NAT-PMP, UPnP) to let others in to the WireGuard port'
complete -c innernet -n '__innernet_command up' -l hosts-path -r -F -d 'The hosts file to keep the names of peers in (/etc/hosts)'
complete -c innernet -n '__innernet_command up' -l no-write-hosts -d 'Leave every hosts file alone'
complete -c innernet -n '__innernet_command up' -l host-suffix -x -d 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'
complete -c innernet -n '__innernet_command up' -l no-nat-traversal -d 'Don\'t try the candidates of peers that don\'t answer, and use no relay'
complete -c innernet -n '__innernet_command up' -l exclude-nat-candidates -x -d 'Don\'t report addresses of this machine in CIDR'
complete -c innernet -n '__innernet_command up' -l no-nat-candidates -d 'Report no addresses of this machine'
complete -c innernet -n '__innernet_command up' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command up' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command up' -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command up' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command up' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command up' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command up' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command up' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 fetch' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command fetch' -s w -l wait -d 'Wait until the peers are reached'
complete -c innernet -n '__innernet_command fetch' -l timeout -x -d 'With --wait: for how long, 1 to 3600 (30)'
complete -c innernet -n '__innernet_command fetch' -l hosts-path -r -F -d 'The hosts file to keep the names of peers in (/etc/hosts)'
complete -c innernet -n '__innernet_command fetch' -l no-write-hosts -d 'Leave every hosts file alone'
complete -c innernet -n '__innernet_command fetch' -l host-suffix -x -d 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'
complete -c innernet -n '__innernet_command fetch' -l no-nat-traversal -d 'Don\'t try the candidates of peers that don\'t answer, and use no relay'
complete -c innernet -n '__innernet_command fetch' -l exclude-nat-candidates -x -d 'Don\'t report addresses of this machine in CIDR'
complete -c innernet -n '__innernet_command fetch' -l no-nat-candidates -d 'Report no addresses of this machine'
complete -c innernet -n '__innernet_command fetch' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command fetch' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command fetch' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command fetch' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command fetch' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command fetch' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command fetch' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command fetch' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 uninstall' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command uninstall' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command uninstall' -l hosts-path -r -F -d 'The hosts file to keep the names of peers in (/etc/hosts)'
complete -c innernet -n '__innernet_command uninstall' -l no-write-hosts -d 'Leave every hosts file alone'
complete -c innernet -n '__innernet_command uninstall' -l host-suffix -x -d 'Names end in .S instead of .INTERFACE.wg; empty: in nothing'
complete -c innernet -n '__innernet_command uninstall' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command uninstall' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command uninstall' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command uninstall' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command uninstall' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command uninstall' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command uninstall' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command uninstall' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 down' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command down' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command down' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command down' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command down' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command down' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command down' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command down' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command down' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 add-peer' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command add-peer' -l name -x -d 'The name of the new peer'
complete -c innernet -n '__innernet_command add-peer' -l ip -x -d 'Its address, inside its CIDR'
complete -c innernet -n '__innernet_command add-peer' -l auto-ip -d 'Give it the first free address of its CIDR'
complete -c innernet -n '__innernet_command add-peer' -l cidr -x -d 'The CIDR that it belongs to'
complete -c innernet -n '__innernet_command add-peer' -l admin -x -a 'true false' -d 'Whether it may change the network'
complete -c innernet -n '__innernet_command add-peer' -l save-config -r -F -d 'Where to write the invitation; a file that exists is refused'
complete -c innernet -n '__innernet_command add-peer' -l invite-expires -x -d 'How long the invitation is valid, like 14d or 90m'
complete -c innernet -n '__innernet_command add-peer' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command add-peer' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command add-peer' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command add-peer' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command add-peer' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command add-peer' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command add-peer' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command add-peer' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command add-peer' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 rename-peer' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command rename-peer' -l name -x -d 'The peer'
complete -c innernet -n '__innernet_command rename-peer' -l new-name -x -d 'Its new name'
complete -c innernet -n '__innernet_command rename-peer' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command rename-peer' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command rename-peer' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command rename-peer' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command rename-peer' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command rename-peer' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command rename-peer' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command rename-peer' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command rename-peer' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 add-cidr' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command add-cidr' -l name -x -d 'The name of the new CIDR'
complete -c innernet -n '__innernet_command add-cidr' -l cidr -x -d 'Its addresses, like 10.42.2.0/24'
complete -c innernet -n '__innernet_command add-cidr' -l parent -x -d 'The smallest CIDR that contains it'
complete -c innernet -n '__innernet_command add-cidr' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command add-cidr' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command add-cidr' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command add-cidr' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command add-cidr' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command add-cidr' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command add-cidr' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command add-cidr' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command add-cidr' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 rename-cidr' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command rename-cidr' -l name -x -d 'The CIDR'
complete -c innernet -n '__innernet_command rename-cidr' -l new-name -x -d 'Its new name'
complete -c innernet -n '__innernet_command rename-cidr' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command rename-cidr' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command rename-cidr' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command rename-cidr' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command rename-cidr' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command rename-cidr' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command rename-cidr' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command rename-cidr' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command rename-cidr' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 delete-cidr' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command delete-cidr' -l name -x -d 'The CIDR'
complete -c innernet -n '__innernet_command delete-cidr' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command delete-cidr' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command delete-cidr' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command delete-cidr' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command delete-cidr' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command delete-cidr' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command delete-cidr' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command delete-cidr' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command delete-cidr' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 list-cidrs' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command list-cidrs' -s t -l tree -d 'Nested, each below its parent'
complete -c innernet -n '__innernet_command list-cidrs' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command list-cidrs' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command list-cidrs' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command list-cidrs' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command list-cidrs' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command list-cidrs' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command list-cidrs' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command list-cidrs' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 disable-peer' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command disable-peer' -l name -x -d 'The peer'
complete -c innernet -n '__innernet_command disable-peer' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command disable-peer' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command disable-peer' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command disable-peer' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command disable-peer' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command disable-peer' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command disable-peer' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command disable-peer' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command disable-peer' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 enable-peer' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command enable-peer' -l name -x -d 'The peer'
complete -c innernet -n '__innernet_command enable-peer' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command enable-peer' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command enable-peer' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command enable-peer' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command enable-peer' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command enable-peer' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command enable-peer' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command enable-peer' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command enable-peer' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 set-relay' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command set-relay' -l name -x -d 'The peer'
complete -c innernet -n '__innernet_command set-relay' -l off -d 'It is to be a relay no longer'
complete -c innernet -n '__innernet_command set-relay' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command set-relay' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command set-relay' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command set-relay' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command set-relay' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command set-relay' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command set-relay' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command set-relay' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command set-relay' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 add-association' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command add-association' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command add-association' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command add-association' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command add-association' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command add-association' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command add-association' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command add-association' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command add-association' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command add-association' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 delete-association delete-associations' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command delete-association delete-associations' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command delete-association delete-associations' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command delete-association delete-associations' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command delete-association delete-associations' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command delete-association delete-associations' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command delete-association delete-associations' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command delete-association delete-associations' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command delete-association delete-associations' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command delete-association delete-associations' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 list-associations' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command list-associations' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command list-associations' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command list-associations' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command list-associations' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command list-associations' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command list-associations' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command list-associations' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command list-associations' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 set-listen-port' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command set-listen-port' -s l -l listen-port -x -d 'The UDP port that this machine listens on; 0 is as --unset'
complete -c innernet -n '__innernet_command set-listen-port' -s u -l unset -d 'Use a random port'
complete -c innernet -n '__innernet_command set-listen-port' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command set-listen-port' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command set-listen-port' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command set-listen-port' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command set-listen-port' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command set-listen-port' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command set-listen-port' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command set-listen-port' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command set-listen-port' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 override-endpoint' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command override-endpoint' -s e -l endpoint -x -d 'Where other peers reach this machine'
complete -c innernet -n '__innernet_command override-endpoint' -s u -l unset -d 'Let the server find it out'
complete -c innernet -n '__innernet_command override-endpoint' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command override-endpoint' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command override-endpoint' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command override-endpoint' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command override-endpoint' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command override-endpoint' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command override-endpoint' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command override-endpoint' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command override-endpoint' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 override-peer-endpoint' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command override-peer-endpoint' -l name -x -d 'The peer'
complete -c innernet -n '__innernet_command override-peer-endpoint' -s e -l endpoint -x -d 'Where this machine reaches it'
complete -c innernet -n '__innernet_command override-peer-endpoint' -s u -l unset -d 'Go back to what the server says'
complete -c innernet -n '__innernet_command override-peer-endpoint' -l yes -d 'Don\'t ask whether to go ahead'
complete -c innernet -n '__innernet_command override-peer-endpoint' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command override-peer-endpoint' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command override-peer-endpoint' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command override-peer-endpoint' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command override-peer-endpoint' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command override-peer-endpoint' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command override-peer-endpoint' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command override-peer-endpoint' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 netcheck' -a '(__innernet_networks)'
complete -c innernet -n '__innernet_command netcheck' -l json -d 'Print the result as one JSON document'
complete -c innernet -n '__innernet_command netcheck' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command netcheck' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command netcheck' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command netcheck' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command netcheck' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command netcheck' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command netcheck' -s h -l help -d 'Show help'

complete -c innernet -n '__innernet_argument 1 completions' -a 'bash elvish fish powershell zsh'
complete -c innernet -n '__innernet_command completions' -s c -l config-dir -x -a '(__fish_complete_directories)' -d 'Where the configs are'
complete -c innernet -n '__innernet_command completions' -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Where the data is kept'
complete -c innernet -n '__innernet_command completions' -l no-routing -d 'Don\'t set the route to the network; something else does'
complete -c innernet -n '__innernet_command completions' -l backend -x -a 'kernel userspace' -d 'Which WireGuard to use; without, what there is'
complete -c innernet -n '__innernet_command completions' -l mtu -x -d 'MTU of the interface in bytes, 576 to 65535 (1280)'
complete -c innernet -n '__innernet_command completions' -s v -l verbose -d 'Say more; -vv says everything'
complete -c innernet -n '__innernet_command completions' -s h -l help -d 'Show help'
