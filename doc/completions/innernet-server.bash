# Completions of innernet-server for bash: `innernet-server completions bash` prints them.

_innernet_server_networks() { # FOLDER: the names of the networks whose configs are there
  local file name
  shopt -u failglob
  for file in "$1"/*.conf; do
    name=${file##*/}
    name=${name%.conf}
    if [[ -e $file && $name =~ ^[a-z0-9][a-z0-9-]*$ ]]; then printf '%s\n' "$name"; fi
  done
}

# COMMAND [WORD]: sets the options of the command, and what goes with WORD: the value of that option or the argument of that number. Else `kind` is empty.
_innernet_server_describe() {
  options='' kind='' choices=''
  case $1 in
    '')
      options='-c --config-dir -d --data-dir --no-routing --backend --mtu -h --help -V --version'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
      esac
      ;;
    new | init)
      options='--network-name --network-cidr --external-endpoint --auto-external-endpoint --listen-port --database --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --network-name) kind=text ;;
        --network-cidr) kind=text ;;
        --external-endpoint) kind=text ;;
        --listen-port) kind=text ;;
        --database) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
      esac
      ;;
    serve)
      options='--hosts-path --no-write-hosts --host-suffix --no-relay --relay-port -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --hosts-path) kind=file ;;
        --host-suffix) kind=text ;;
        --relay-port) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    add-peer)
      options='--name --ip --auto-ip --cidr --admin --save-config --invite-expires --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        --ip) kind=text ;;
        --cidr) kind=text ;;
        --admin) kind=choice choices='true false' ;;
        --save-config) kind=file ;;
        --invite-expires) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    rename-peer)
      options='--name --new-name --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        --new-name) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    enable-peer)
      options='--name --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    disable-peer)
      options='--name --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    set-relay)
      options='--name --off --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    list-peers)
      options='--json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    add-cidr)
      options='--name --cidr --parent --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        --cidr) kind=text ;;
        --parent) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    rename-cidr)
      options='--name --new-name --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        --new-name) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    delete-cidr)
      options='--name --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    list-cidrs)
      options='-t --tree --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    add-association)
      options='--yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
        2) kind=text ;;
        3) kind=text ;;
      esac
      ;;
    delete-association | delete-associations)
      options='--yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
        2) kind=text ;;
        3) kind=text ;;
      esac
      ;;
    list-associations)
      options='--json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    move-database)
      options='--to --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --to) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    add-server)
      options='--name --endpoint --save-config --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        --endpoint) kind=text ;;
        --save-config) kind=file ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    join)
      options='--json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=file ;;
      esac
      ;;
    list-servers)
      options='--json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    step-down)
      options='--yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    remove-server)
      options='--name --yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        --name) kind=text ;;
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    uninstall)
      options='--yes --json -c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=network ;;
      esac
      ;;
    completions)
      options='-c --config-dir -d --data-dir --no-routing --backend --mtu -h --help'
      case ${2:-} in
        -c | --config-dir) kind=configs ;;
        -d | --data-dir) kind=folder ;;
        --backend) kind=choice choices='kernel userspace' ;;
        --mtu) kind=text ;;
        1) kind=choice choices='bash elvish fish powershell zsh' ;;
      esac
      ;;
    help)
      options=''
      case ${2:-} in
        1) kind=choice choices='new init serve add-peer rename-peer enable-peer disable-peer set-relay list-peers add-cidr rename-cidr delete-cidr list-cidrs add-association delete-association delete-associations list-associations move-database add-server join list-servers step-down remove-server uninstall completions help' ;;
      esac
      ;;
  esac
}

_innernet_server() {
  local IFS=$' \t\n' current=${COMP_WORDS[COMP_CWORD]} command='' folder=/etc/innernet-server
  local options kind choices pending='' position=0 only_arguments='' word='' prefix='' i letters
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      continue # bash splits --option=value there
    elif [[ $pending ]]; then
      _innernet_server_describe "$command" "$pending"
      if [[ $kind == configs ]]; then folder=$word; fi
      pending=''
    elif [[ $only_arguments || $word != -?* ]]; then
      if [[ $command ]]; then position=$((position + 1)); else command=$word; fi
    elif [[ $word == -- ]]; then
      only_arguments=1
    elif [[ $word == --*=* ]]; then
      _innernet_server_describe "$command" "${word%%=*}"
      if [[ $kind == configs ]]; then folder=${word#*=}; fi
    elif [[ $word == --* ]]; then
      _innernet_server_describe "$command" "$word"
      if [[ $kind ]]; then pending=$word; fi
    else
      for ((letters = 1; letters < ${#word}; letters++)); do
        _innernet_server_describe "$command" "-${word:letters:1}"
        if [[ $kind ]]; then
          # What is left of the word is the value; with nothing left it is the next word.
          if ((letters == ${#word} - 1)); then pending=-${word:letters:1}; elif [[ $kind == configs ]]; then folder=${word:letters+1}; fi
          break
        fi
      done
    fi
  done

  if [[ $current == '=' ]]; then current=''; fi
  if [[ ! $pending && ! $only_arguments && $current == --*=* ]]; then
    pending=${current%%=*} prefix=${current%%=*}= current=${current#*=}
  fi
  if [[ $pending ]]; then
    _innernet_server_describe "$command" "$pending"
  elif [[ ! $only_arguments && $current == -* ]]; then
    _innernet_server_describe "$command"
    kind=choice choices=$options
  elif [[ ! $command ]]; then
    kind=choice choices='new init serve add-peer rename-peer enable-peer disable-peer set-relay list-peers add-cidr rename-cidr delete-cidr list-cidrs add-association delete-association delete-associations list-associations move-database add-server join list-servers step-down remove-server uninstall completions help'
  else
    _innernet_server_describe "$command" "$((position + 1))"
  fi
  case $kind in
    choice) mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current") ;;
    network) mapfile -t COMPREPLY < <(compgen -W "$(_innernet_server_networks "${folder/#\~\//$HOME/}")" -- "$current") ;;
    file)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      ;;
    folder | configs)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      ;;
  esac
  if [[ $prefix ]]; then COMPREPLY=("${COMPREPLY[@]/#/$prefix}"); fi
}

complete -F _innernet_server innernet-server
