#pragma once

#include "innernet/command_line/add_peer.hpp"
#include "innernet/command_line/commands.hpp"

/// The commands of innernet-server, in the order of its help. NAME is NAME_command() of NAME.cpp in this folder: nothing else names it. All
/// but `serve` work on the database, whether or not that runs.
#define INNERNET_SERVER_COMMANDS(COMMAND) \
  COMMAND(new)                            \
  COMMAND(serve)                          \
  COMMAND(add_peer)                       \
  COMMAND(rename_peer)                    \
  COMMAND(enable_peer)                    \
  COMMAND(disable_peer)                   \
  COMMAND(set_relay)                      \
  COMMAND(list_peers)                     \
  COMMAND(add_cidr)                       \
  COMMAND(rename_cidr)                    \
  COMMAND(delete_cidr)                    \
  COMMAND(list_cidrs)                     \
  COMMAND(add_association)                \
  COMMAND(delete_association)             \
  COMMAND(list_associations)              \
  COMMAND(move_database)                  \
  COMMAND(add_server)                     \
  COMMAND(join)                           \
  COMMAND(list_servers)                   \
  COMMAND(step_down)                      \
  COMMAND(remove_server)                  \
  COMMAND(uninstall)

namespace innernet::server {

using command_line::AddPeerOptions;
using command_line::Context;
using command_line::Definition;
using command_line::Ending;
using command_line::OfNetwork;
using Row = command_line::Row<Context>;

// The words that commands are defined and run with.
using command_line::confirmed;
using command_line::define_add_peer;
using command_line::define_hosts;
using command_line::define_interface;
using command_line::define_yes;
using command_line::into;
using command_line::into_number;
using command_line::into_path;
using command_line::into_text;
using command_line::row;

#define INNERNET_DECLARE(name) Row name##_command();
INNERNET_SERVER_COMMANDS(INNERNET_DECLARE)
#undef INNERNET_DECLARE

}  // namespace innernet::server
