#pragma once

#include <functional>
#include <optional>
#include <string>

#include "innernet/command_line/context.hpp"
#include "innernet/server/network.hpp"

namespace innernet::server {

// How the commands that are about peers find them.

/// The peer that was named, else one of those that are not what it would become. Never the server itself.
Result<Peer> given_or_chosen_peer(command_line::Context& context, const Network& network, const std::optional<std::string>& name,
                                  const std::string& question, const std::function<bool(const Peer&)>& is_eligible,
                                  const std::string& none);

/// Whether a peer may get `name`: also a row that is not valid keeps its own.
Result<void> check_peer_name(const Network& network, const Hostname& name);

/// What leaves the peer of that id as it is, if it is still the one that the questions were about: ids of deleted invitations are given to
/// new peers.
Result<PeerChange> unchanged(const Network& network, const Peer& peer);

/// What enable-peer and disable-peer do.
Result<command_line::Ending> set_disabled(command_line::Context& context, const InterfaceName& interface,
                                          const std::optional<std::string>& name, bool disable, bool yes);

}  // namespace innernet::server
