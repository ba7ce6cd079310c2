#pragma once

#include "innernet/command_line/commands.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::server {

using CommandLine = command_line::CommandLine<command_line::Context>;

/// The command line of `innernet-server`.
CommandLine command_line_of_innernet_server();

/// What a command logs unless the environment says otherwise.
log::Level default_log_level(const command_line::Command& command);

}  // namespace innernet::server
