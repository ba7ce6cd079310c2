#include "innernet/command_line/completions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scripts.hpp"

namespace innernet::command_line {

Result<Shell> parse_shell(std::string_view name) {
  if (name == "bash") return Shell::kBash;
  if (name == "elvish") return Shell::kElvish;
  if (name == "fish") return Shell::kFish;
  if (name == "powershell") return Shell::kPowershell;
  if (name == "zsh") return Shell::kZsh;
  return invalid_input(fmt::format("{} is none of the shells bash, elvish, fish, powershell, zsh", quoted(name)));
}

std::string completions(const Program& program, Shell shell) {
  const DefinedProgram defined = define_all(program);
  switch (shell) {
    case Shell::kBash:
      return bash_script(defined);
    case Shell::kElvish:
      return elvish_script(defined);
    case Shell::kFish:
      return fish_script(defined);
    case Shell::kPowershell:
      return powershell_script(defined);
    case Shell::kZsh:
      return zsh_script(defined);
  }
  return {};
}

std::string filled_in(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string_view>> marks) {
  std::string out;
  while (!text.empty()) {
    const auto* const mark = std::ranges::find_if(marks, [text](const auto& candidate) { return text.starts_with(candidate.first); });
    out += mark != marks.end() ? mark->second : text.substr(0, 1);
    text.remove_prefix(mark != marks.end() ? mark->first.size() : 1);
  }
  return out;
}

std::string identifier(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '-', '_');
  return out;
}

std::string doubled(std::string_view text, std::string_view quote) {
  std::string out;
  for (const char c : text) {
    if (quote.find(c) != std::string_view::npos) out += c;
    out += c;
  }
  return out;
}

std::vector<std::string> spellings(const Option& option, char letter) {
  std::vector<std::string> out;
  if (letter != 0) out.push_back(fmt::format("-{}", letter));
  out.push_back(fmt::format("--{}", option.name));
  return out;
}

const Option& help_option() {
  static const Option option{.letter = 'h', .name = "help", .placeholder = {}, .sentence = "Show help", .take = {}};
  return option;
}

const Option& version_option() {
  static const Option option{.letter = 'V', .name = "version", .placeholder = {}, .sentence = "Show the version", .take = {}};
  return option;
}

std::vector<OfferedOption> offered_before_the_command(const DefinedProgram& program) {
  std::vector<OfferedOption> out;
  for (const Option& option : program.general.options()) out.push_back({&option, option.letter});
  out.push_back({&help_option(), 'h'});
  out.push_back({&version_option(), 'V'});
  return out;
}

std::vector<OfferedOption> offered_with(const DefinedProgram& program, const Definition& own) {
  std::vector<OfferedOption> out;
  for (const Option& option : own.options()) out.push_back({&option, option.letter});
  for (const Option& option : program.general.options()) out.push_back({&option, letter_with(option, own)});
  out.push_back({&help_option(), 'h'});
  return out;
}

std::vector<OfferedCommand> offered_commands(const DefinedProgram& program) {
  std::vector<OfferedCommand> out;
  for (const DefinedCommand& defined : program.commands) {
    out.push_back({defined.command->name, defined.command->sentence});
    for (const std::string_view alias : defined.command->aliases) out.push_back({alias, defined.command->sentence});
  }
  out.push_back({"help", "Show help."});
  return out;
}

}  // namespace innernet::command_line
