#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "scripts.hpp"

namespace innernet::command_line {
namespace {

constexpr std::string_view kScript = R"SCRIPT(#compdef @program@
# Completions of @program@ for zsh: `@program@ completions zsh` prints them.

# The names of the networks whose configs are in the folder that the command line names.
_@id@_networks() {
  local folder=${opt_args[-@letter@]:-$opt_args[--@config_option@]} expl
  local -a names
  folder=${(Q)folder:-$innernet_folder}
  folder=${folder/#\~\//$HOME/}
  names=($folder/*.conf(N:t:r))
  names=(${(M)names:#[a-z0-9]*})
  names=(${names:#*[^a-z0-9-]*})
  _wanted networks expl network compadd -a names
}

_@id@_commands() {
  local -a commands=(
@names@  )
  _describe -t commands command commands
}

_@id@() {
  local curcontext=$curcontext state line ret=1
  typeset -A opt_args
  _arguments -C -s -S -A '-*' \
@general@    '1:command:_@id@_commands' \
    '*::argument:->arguments' && ret=0
  [[ $state == arguments ]] || return ret
  local innernet_folder=${opt_args[-@letter@]:-${opt_args[--@config_option@]:-@folder@}}
  curcontext=${curcontext%:*:*}:@program@-$words[1]:
  case $words[1] in
@commands@    (help)
      _arguments '1:command:_@id@_commands' && ret=0 ;;
  esac
  return ret
}

if [[ $funcstack[1] == _@program@ ]]; then _@id@ "$@"; else compdef _@id@ @program@; fi
)SCRIPT";

/// Inside single quotes, in a part of a specification that ends at a colon or a bracket.
std::string description(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (std::string_view("[]:\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string action(ValueKind kind, const std::vector<std::string_view>& choices, std::string_view id) {
  switch (kind) {
    case ValueKind::kChoice:
      return fmt::format("({})", fmt::join(choices, " "));
    case ValueKind::kFile:
      return "_files";
    case ValueKind::kFolder:
      return "_files -/";
    case ValueKind::kNetwork:
      return fmt::format("_{}_networks", id);
    case ValueKind::kText:
      break;
  }
  return " ";
}

/// The options that may not stand beside this one: those that conflict, and itself, unless it may be repeated.
std::vector<std::string> excluded(const OfferedOption& offered, const std::vector<OfferedOption>& all, const Definition& own,
                                  bool repeats) {
  std::vector<std::string> out;
  if (!repeats) out = spellings(*offered.option, offered.letter);
  for (const auto& [one, other] : own.conflicts()) {
    if (one != offered.option->name && other != offered.option->name) continue;
    const std::string_view name = one == offered.option->name ? other : one;
    const auto found = std::ranges::find_if(all, [name](const OfferedOption& candidate) { return candidate.option->name == name; });
    if (found == all.end()) continue;
    const std::vector<std::string> words = spellings(*found->option, found->letter);
    out.insert(out.end(), words.begin(), words.end());
  }
  return out;
}

void append_option(std::string& out, std::string_view indent, const OfferedOption& offered, const std::vector<OfferedOption>& all,
                   const Definition& own, std::string_view id) {
  const Option& option = *offered.option;
  const bool has_value = !option.placeholder.empty();
  const bool ends_all = option.name == "help" || option.name == "version";
  const bool repeats = option.repeatable || option.name == "verbose";
  const std::vector<std::string> without = excluded(offered, all, own, repeats);
  const std::string front = ends_all ? "(- *)" : without.empty() ? "" : fmt::format("({})", fmt::join(without, " "));
  std::string value;
  if (has_value) value = fmt::format(":{}:{}", option.placeholder, action(kind_of(option), option.choices, id));
  // `-c+` takes its value from the same word or the next one, `--name=` likewise.
  for (const std::string& word : spellings(option, offered.letter)) {
    const std::string_view takes = !has_value ? "" : word.starts_with("--") ? "=" : "+";
    out += fmt::format("{}'{}{}{}{}[{}]{}' \\\n", indent, front, repeats ? "*" : "", word, takes, description(option.sentence), value);
  }
}

void append_command(std::string& out, const DefinedProgram& program, const DefinedCommand& defined) {
  const std::string id = identifier(program.program.name);
  std::vector<std::string_view> words{defined.command->name};
  words.insert(words.end(), defined.command->aliases.begin(), defined.command->aliases.end());
  out += fmt::format("    ({})\n      _arguments -s -S \\\n", fmt::join(words, "|"));
  const std::vector<OfferedOption> options = offered_with(program, defined.own);
  for (const OfferedOption& option : options) append_option(out, "        ", option, options, defined.own, id);
  for (const Argument& argument : defined.own.arguments())
    out += fmt::format("        '{}{}:{}' \\\n", argument.required ? ":" : "::", description(argument.name),
                       action(kind_of(argument), argument.choices, id));
  out += "        && ret=0 ;;\n";
}

}  // namespace

std::string zsh_script(const DefinedProgram& program) {
  const std::string id = identifier(program.program.name);
  std::string names;
  for (const OfferedCommand& command : offered_commands(program))
    names += fmt::format("    '{}:{}'\n", command.name, description(command.sentence));
  std::string general;
  const std::vector<OfferedOption> before = offered_before_the_command(program);
  for (const OfferedOption& option : before) append_option(general, "    ", option, before, program.general, id);
  std::string commands;
  for (const DefinedCommand& defined : program.commands) append_command(commands, program, defined);
  std::string letter;
  for (const Option& option : program.general.options())
    if (option.name == kConfigFolderOption) letter = option.letter;
  return filled_in(kScript, {{"@program@", program.program.name},
                             {"@id@", id},
                             {"@folder@", program.program.config_folder},
                             {"@config_option@", kConfigFolderOption},
                             {"@letter@", letter},
                             {"@names@", names},
                             {"@general@", general},
                             {"@commands@", commands}});
}

}  // namespace innernet::command_line
