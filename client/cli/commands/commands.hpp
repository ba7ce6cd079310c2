#pragma once

#include "../context.hpp"
#include "../definitions.hpp"
#include "innernet/command_line/add_peer.hpp"
#include "innernet/command_line/commands.hpp"

/// The commands of innernet, in the order of its help. NAME is NAME_command() of NAME.cpp in this folder: nothing else names it.
#define INNERNET_CLIENT_COMMANDS(COMMAND) \
  COMMAND(install)                        \
  COMMAND(show)                           \
  COMMAND(why)                            \
  COMMAND(up)                             \
  COMMAND(fetch)                          \
  COMMAND(uninstall)                      \
  COMMAND(down)                           \
  COMMAND(add_peer)                       \
  COMMAND(rename_peer)                    \
  COMMAND(add_cidr)                       \
  COMMAND(rename_cidr)                    \
  COMMAND(delete_cidr)                    \
  COMMAND(list_cidrs)                     \
  COMMAND(disable_peer)                   \
  COMMAND(enable_peer)                    \
  COMMAND(set_relay)                      \
  COMMAND(add_association)                \
  COMMAND(delete_association)             \
  COMMAND(list_associations)              \
  COMMAND(set_listen_port)                \
  COMMAND(override_endpoint)              \
  COMMAND(override_peer_endpoint)         \
  COMMAND(netcheck)

namespace innernet::client {

using command_line::AddPeerOptions;
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
using command_line::into_path;
using command_line::into_text;
using command_line::parse_interface;
using command_line::parse_number;
using command_line::row;

#define INNERNET_DECLARE(name) Row name##_command();
INNERNET_CLIENT_COMMANDS(INNERNET_DECLARE)
#undef INNERNET_DECLARE

}  // namespace innernet::client
