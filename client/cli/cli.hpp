#pragma once

#include <span>
#include <string>
#include <string_view>

#include "innernet/command_line/command_line.hpp"
#include "options.hpp"

namespace innernet::client {

/// A command line of `innernet`, understood.
struct Invocation {
  GeneralOptions general;
  CommandOptions command;  ///< std::monostate: nothing to run, print `text` and exit
  std::string text;
  bool to_stderr = false;
  int exit_code = command_line::kExitSuccess;
};

/// `arguments` are those behind argv[0].
Invocation parse_command_line(std::span<const std::string_view> arguments);

/// The table of all commands, for help and completions. Definitions made from it fill `into`.
command_line::Program program(Invocation& into);

}  // namespace innernet::client
