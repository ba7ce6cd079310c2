#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "innernet/command_line/command_line.hpp"

namespace innernet::command_line {

std::string bash_script(const DefinedProgram& program);
std::string elvish_script(const DefinedProgram& program);
std::string fish_script(const DefinedProgram& program);
std::string powershell_script(const DefinedProgram& program);
std::string zsh_script(const DefinedProgram& program);

// What the scripts are made of.

/// `text` with each mark replaced. fmt's braces are the shells' own.
std::string filled_in(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string_view>> marks);
/// A program's name as shells take it in the name of a function.
std::string identifier(std::string_view name);
/// With each of the characters in `quote` twice, which is how several shells escape a quote.
std::string doubled(std::string_view text, std::string_view quote);

/// `-t` and `--tree`; only the latter when `letter` is 0.
std::vector<std::string> spellings(const Option& option, char letter);

struct OfferedOption {
  const Option* option;
  char letter;  // 0: none here
};
std::vector<OfferedOption> offered_before_the_command(const DefinedProgram& program);
std::vector<OfferedOption> offered_with(const DefinedProgram& program, const Definition& own);

struct OfferedCommand {
  std::string_view name;  // or alias
  std::string_view sentence;
};
/// All of them, with `help`.
std::vector<OfferedCommand> offered_commands(const DefinedProgram& program);

/// The general option that names the folder of the configs, whose files are the installed networks.
constexpr std::string_view kConfigFolderOption = "config-dir";

}  // namespace innernet::command_line
