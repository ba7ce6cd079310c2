#include <fmt/format.h>

#include "../admin.hpp"
#include "../ask.hpp"
#include "commands.hpp"
#include "innernet/shared/log.hpp"

namespace innernet::client {

Result<Ending> run(const EnablePeerOptions& options, Context& context) {
  TRY(const Hostname name, given(options.name, "Peer to enable", "--name"));
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Peer> peers, admin.peers());
  TRY(Peer peer, find_peer(peers, name.str()));
  if (!peer.is_disabled) {
    log::info("{} is enabled already", name.str());
    return Ending::kDone;
  }
  TRY(const bool agreed, goes_ahead(context, options.yes, fmt::format("Enable {} ({})?", name.str(), peer.ip.to_string())));
  if (!agreed) return Ending::kDone;
  peer.is_disabled = false;
  TRY_VOID(admin.explained(fmt::format("enabling {}", name.str()), admin.server().update_peer(peer.id, peer)));
  context.report(fmt::format("The peer {} is enabled.\n", name.str()), changed().value("peer", peer));
  return Ending::kDone;
}

}  // namespace innernet::client
