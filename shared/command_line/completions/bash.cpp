#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scripts.hpp"

namespace innernet::command_line {
namespace {

// compgen -W expands what it is given like a command line, so the names of networks are checked first: a file may have any name.
constexpr std::string_view kScript = R"SCRIPT(# Completions of @program@ for bash: `@program@ completions bash` prints them.

_@id@_networks() { # FOLDER: the names of the networks whose configs are there
  local file name
  shopt -u failglob
  for file in "$1"/*.conf; do
    name=${file##*/}
    name=${name%.conf}
    if [[ -e $file && $name =~ ^[a-z0-9][a-z0-9-]*$ ]]; then printf '%s\n' "$name"; fi
  done
}

# COMMAND [WORD]: sets the options of the command, and what goes with WORD: the value of that option or the argument of that number. Else `kind` is empty.
_@id@_describe() {
  options='' kind='' choices=''
  case $1 in
@commands@  esac
}

_@id@() {
  local IFS=$' \t\n' current=${COMP_WORDS[COMP_CWORD]} command='' folder=@folder@
  local options kind choices pending='' position=0 only_arguments='' word='' prefix='' i letters
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      continue # bash splits --option=value there
    elif [[ $pending ]]; then
      _@id@_describe "$command" "$pending"
      if [[ $kind == configs ]]; then folder=$word; fi
      pending=''
    elif [[ $only_arguments || $word != -?* ]]; then
      if [[ $command ]]; then position=$((position + 1)); else command=$word; fi
    elif [[ $word == -- ]]; then
      only_arguments=1
    elif [[ $word == --*=* ]]; then
      _@id@_describe "$command" "${word%%=*}"
      if [[ $kind == configs ]]; then folder=${word#*=}; fi
    elif [[ $word == --* ]]; then
      _@id@_describe "$command" "$word"
      if [[ $kind ]]; then pending=$word; fi
    else
      for ((letters = 1; letters < ${#word}; letters++)); do
        _@id@_describe "$command" "-${word:letters:1}"
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
    _@id@_describe "$command" "$pending"
  elif [[ ! $only_arguments && $current == -* ]]; then
    _@id@_describe "$command"
    kind=choice choices=$options
  elif [[ ! $command ]]; then
    kind=choice choices='@names@'
  else
    _@id@_describe "$command" "$((position + 1))"
  fi
  case $kind in
    choice) mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current") ;;
    network) mapfile -t COMPREPLY < <(compgen -W "$(_@id@_networks "${folder/#\~\//$HOME/}")" -- "$current") ;;
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

complete -F _@id@ @program@
)SCRIPT";

std::string kind_text(ValueKind kind, std::string_view option) {
  switch (kind) {
    case ValueKind::kChoice:
      return "choice";
    case ValueKind::kFile:
      return "file";
    case ValueKind::kFolder:
      return option == kConfigFolderOption ? "configs" : "folder";
    case ValueKind::kNetwork:
      return "network";
    case ValueKind::kText:
      break;
  }
  return "text";
}

void append_case(std::string& out, const std::string& pattern, const std::string& kind, const std::vector<std::string_view>& choices) {
  out += fmt::format("        {}) kind={}{} ;;\n", pattern, kind,
                     choices.empty() ? "" : fmt::format(" choices='{}'", fmt::join(choices, " ")));
}

void append_command(std::string& out, const std::string& pattern, const std::vector<OfferedOption>& options,
                    const std::vector<Argument>& arguments) {
  std::vector<std::string> all;
  std::string cases;
  for (const auto& [option, letter] : options) {
    const std::vector<std::string> words = spellings(*option, letter);
    all.insert(all.end(), words.begin(), words.end());
    if (!option->placeholder.empty())
      append_case(cases, fmt::format("{}", fmt::join(words, " | ")), kind_text(kind_of(*option), option->name), option->choices);
  }
  for (std::size_t i = 0; i < arguments.size(); ++i)
    append_case(cases, fmt::format("{}", i + 1), kind_text(kind_of(arguments[i]), {}), arguments[i].choices);
  out += fmt::format("    {})\n      options='{}'\n", pattern, fmt::join(all, " "));
  if (!cases.empty()) out += fmt::format("      case ${{2:-}} in\n{}      esac\n", cases);
  out += "      ;;\n";
}

}  // namespace

std::string bash_script(const DefinedProgram& program) {
  std::vector<std::string_view> names;
  for (const OfferedCommand& command : offered_commands(program)) names.push_back(command.name);
  std::string commands;
  append_command(commands, "''", offered_before_the_command(program), {});
  for (const DefinedCommand& defined : program.commands) {
    std::vector<std::string_view> words{defined.command->name};
    words.insert(words.end(), defined.command->aliases.begin(), defined.command->aliases.end());
    append_command(commands, fmt::format("{}", fmt::join(words, " | ")), offered_with(program, defined.own), defined.own.arguments());
  }
  const Argument of_help{.name = "COMMAND", .sentence = {}, .required = false, .take = {}, .choices = names};
  append_command(commands, "help", {}, {of_help});
  return filled_in(kScript, {{"@program@", program.program.name},
                             {"@id@", identifier(program.program.name)},
                             {"@folder@", program.program.config_folder},
                             {"@names@", fmt::format("{}", fmt::join(names, " "))},
                             {"@commands@", commands}});
}

}  // namespace innernet::command_line
