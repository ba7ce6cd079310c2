#pragma once

#include "commands/commands.hpp"
#include "innernet/command_line/command_line.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/values/options.hpp"

namespace innernet::server {

/// Everything that a command line can say, filled in by the parser of the command that was named.
struct CommandLine {
  Folders folders = Folders::of_server();
  NetworkOptions network;
  HostsOptions hosts;
  std::optional<InterfaceName> interface;
  NewOptions new_network;
  AddPeerOptions add_peer;
  AddCidrOptions add_cidr;
  RenameOptions rename;
  NameOptions name;
  AssociationOptions association;
  bool tree = false;
  bool yes = false;
  bool json = false;  ///< print one JSON document instead of text for people
};

/// The table of innernet-server's commands, bound to `line`, which outlives it.
command_line::Program program(CommandLine& line);

/// What a command logs unless the environment says otherwise.
log::Level default_log_level(std::string_view command);

/// Runs the command of that name (one of program().commands).
Result<void> run(std::string_view command, const CommandLine& line, const CommandContext& context);

}  // namespace innernet::server
