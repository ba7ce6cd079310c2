#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "innernet/command_line/command_line.hpp"

namespace innernet::testing {

/// A command of a program's table in one line, with its own options only:
/// `up [INTERFACE] -d,--daemon --interval=SECONDS; not --daemon with --json`.
inline std::string in_a_line(const command_line::DefinedCommand& defined) {
  std::string out(defined.command->name);
  for (const std::string_view alias : defined.command->aliases) out.append("|").append(alias);
  for (const command_line::Argument& argument : defined.own.arguments())
    out.append(argument.required ? " " : " [").append(argument.name).append(argument.required ? "" : "]");
  for (const command_line::Option& option : defined.own.options()) {
    out += ' ';
    if (option.letter != 0) out.append("-").append(1, option.letter).append(",");
    out.append("--").append(option.name);
    if (!option.placeholder.empty()) out.append("=").append(option.placeholder);
    if (option.repeatable) out += "...";
  }
  for (const auto& [one, other] : defined.own.conflicts()) out.append("; not --").append(one).append(" with --").append(other);
  return out + '\n';
}

/// The names of a program's commands, without completions, which every program has.
inline std::vector<std::string> commands_of(const command_line::Program& program) {
  std::vector<std::string> out;
  for (const command_line::Command& command : program.commands)
    if (!command.answer) out.emplace_back(command.name);
  return out;
}

/// The same by the files in which they should be: add_peer.cpp is that of `add-peer`.
inline std::vector<std::string> commands_in(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp") continue;
    std::string name = entry.path().stem();
    std::ranges::replace(name, '_', '-');
    out.push_back(std::move(name));
  }
  return out;
}

}  // namespace innernet::testing
