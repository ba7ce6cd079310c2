#pragma once

#include "innernet/shared/command_line.hpp"

namespace innernet::command_line {

/// What the program is for, its commands and its general options.
std::string program_help(const Program& program, const Definition& general);

/// A sentence, the usage line, arguments, options and an example.
std::string command_help(const Program& program, const Command& command, const Definition& own, const Definition& general);

}  // namespace innernet::command_line
