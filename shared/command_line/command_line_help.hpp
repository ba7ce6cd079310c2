#pragma once

#include "innernet/command_line/command_line.hpp"

namespace innernet::command_line {

/// What the program is for, its commands and its general options. No line is wider than 80 columns.
std::string program_help(const Program& program, const Definition& general);

/// A sentence, the usage line, what is worth knowing, arguments, options and an example. No line is wider than 80 columns.
std::string command_help(const Program& program, const Command& command, const Definition& own, const Definition& general);

/// `innernet add-peer INTERFACE [OPTIONS]`
std::string usage(const Program& program, const Command& command, const Definition& own);

/// The sentence of an option, with what follows from its type.
std::string whole_sentence(const Option& option);

/// `program` and a command line in lines that a shell takes as one: filled() with backslashes, no option parted from its value.
std::string filled_command(std::string_view program, std::string_view command_line, std::size_t indent);

/// Words in lines of at most 80 columns, each behind `indent` spaces but the first, which begins at column `indent`. `line_end` goes behind
/// each line but the last. Ends without a newline.
std::string filled(std::string_view text, std::size_t indent, std::string_view line_end = {});

}  // namespace innernet::command_line
