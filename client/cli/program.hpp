#pragma once

#include "context.hpp"
#include "innernet/command_line/commands.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {

using CommandLine = command_line::CommandLine<Context>;

/// The command line of `innernet`.
CommandLine command_line_of_innernet();

/// What is logged with so many -v.
log::Level log_level(int verbosity);

}  // namespace innernet::client
