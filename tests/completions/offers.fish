# For each line on stdin what fish offers at its end, and then a line `--`: run.sh reads it. $argv[1]: the folder with the scripts.
cd $argv[1]
# Nothing that the packages of this machine bring along may answer.
set -g fish_complete_path
source innernet
source innernet-server
while read -l line
    complete -C "$line" | string replace -r '\t.*' ''
    printf '%s\n' --
end
