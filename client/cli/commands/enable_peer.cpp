#include <fmt/format.h>

#include "../admin.hpp"
#include "../ask.hpp"
#include "commands.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {

Result<Ending> run(const EnablePeerOptions& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Peer> peers, admin.peers());
  const auto choose = [&]() -> Result<Peer> {
    if (options.name) return find_peer(peers, options.name->str());
    std::vector<Peer> eligible = others(peers);
    std::erase_if(eligible, [](const Peer& candidate) { return !candidate.is_disabled; });
    return wizard::choose_peer(context.asker, "Peer to enable", "--name", eligible, "no peer can be enabled: none is disabled");
  };
  TRY(Peer peer, choose());
  const Hostname name = peer.name;
  if (!peer.is_disabled) {
    log::info("{} is enabled already", name.str());
    return Ending::kDone;
  }
  TRY(const bool agreed, goes_ahead(context, options.yes, fmt::format("Enable {}?", label(peer))));
  if (!agreed) return Ending::kDone;
  peer.is_disabled = false;
  TRY_VOID(admin.explained(fmt::format("enabling {}", name.str()), admin.server().update_peer(peer.id, peer)));
  context.report(fmt::format("The peer {} is enabled.\n", name.str()), changed().value("peer", peer));
  return Ending::kDone;
}

}  // namespace innernet::client
