#include <fmt/format.h>

#include "../admin.hpp"
#include "commands.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<Hostname> name;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("--yes needs --name.");
  define_interface(definition, options);
  define_name(definition, options.name, "The peer");
  define_yes(definition, options.yes);
  definition.needs("yes", "name");
}

Result<Ending> run(const Options& options, Context& context) {
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
  TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Enable {}?", label(peer))));
  if (!agreed) return Ending::kDone;
  peer.is_disabled = false;
  TRY_VOID(admin.explained(fmt::format("enabling {}", name.str()), admin.server().update_peer(peer.id, peer)));
  context.print(fmt::format("The peer {} is enabled.", name.str()));
  context.report(changed().value("peer", peer));
  return Ending::kDone;
}

}  // namespace

Row enable_peer_command() {
  return row(
      {.name = "enable-peer", .sentence = "Let a disabled peer in again (admins).", .example = "enable-peer evilcorp --name alice --yes"},
      define, run);
}

}  // namespace innernet::client
