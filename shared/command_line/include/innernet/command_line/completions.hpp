#pragma once

#include <string>
#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet::command_line {

struct Program;

enum class Shell { kBash, kElvish, kFish, kPowershell, kZsh };
Result<Shell> parse_shell(std::string_view name);

/// The script that teaches a shell the command line of a program: its commands, aliases, options, values and files. In bash, zsh and fish
/// the names of networks, too, by the files in the config folder. The script never runs the program.
std::string completions(const Program& program, Shell shell);

}  // namespace innernet::command_line
