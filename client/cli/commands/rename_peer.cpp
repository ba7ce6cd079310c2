#include <fmt/format.h>

#include <algorithm>

#include "../admin.hpp"
#include "../ask.hpp"
#include "commands.hpp"
#include "innernet/shared/log.hpp"

namespace innernet::client {

Result<Ending> run(const RenamePeerOptions& options, Context& context) {
  TRY(const Hostname name, given(options.name, "Peer to rename", "--name"));
  TRY(const Hostname new_name, given(options.new_name, "New name", "--new-name"));
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Peer> peers, admin.peers());
  TRY(Peer peer, find_peer(peers, name.str()));
  if (peer.id == kServerPeer) return invalid_input(fmt::format("{} is the server itself, which can't be renamed", quoted(name.str())));
  if (name == new_name) {
    log::info("the peer is called {} already, nothing was changed", name.str());
    return Ending::kDone;
  }
  if (std::ranges::find(peers, new_name, &Peer::name) != peers.end())
    return fail(ErrorKind::kAlreadyExists, fmt::format("there is a peer {} already", quoted(new_name.str())));
  TRY(const bool agreed,
      goes_ahead(context, options.yes, fmt::format("Rename {} ({}) to {}?", name.str(), peer.ip.to_string(), new_name.str())));
  if (!agreed) return Ending::kDone;
  peer.name = new_name;
  TRY_VOID(admin.explained(fmt::format("renaming {}", name.str()), admin.server().update_peer(peer.id, peer)));
  context.report(fmt::format("The peer {} is now called {}.\n", name.str(), new_name.str()), changed().value("peer", peer));
  return Ending::kDone;
}

}  // namespace innernet::client
