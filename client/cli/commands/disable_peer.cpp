#include <fmt/format.h>

#include <algorithm>

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
  definition.explain("It loses its connection to everybody, and keeps its name and address. --yes needs --name.");
  define_interface(definition, options);
  define_name(definition, options.name, "The peer");
  define_yes(definition, options.yes);
  definition.needs("yes", "name");
}

bool is_working_admin(const Peer& peer) { return peer.id != kServerPeer && peer.is_admin && peer.is_redeemed && !peer.is_disabled; }

std::string question(const Peer& peer, const std::vector<Peer>& peers, const InterfaceConfig& config) {
  const std::string who = label(peer);
  if (peer.ip == config.address.address())
    return fmt::format("{} is this very machine, which then can't undo it. Disable it all the same?", who);
  if (is_working_admin(peer) && std::ranges::count_if(peers, is_working_admin) == 1)
    return fmt::format("{} is the last admin that is enabled. Disable it all the same?", who);
  return fmt::format("Disable {}?", who);
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Peer> peers, admin.peers());
  const auto choose = [&]() -> Result<Peer> {
    if (options.name) return find_peer(peers, options.name->str());
    std::vector<Peer> eligible = others(peers);
    std::erase_if(eligible, &Peer::is_disabled);
    return wizard::choose_peer(context.asker, "Peer to disable", "--name", eligible, "no peer can be disabled: none is enabled");
  };
  TRY(Peer peer, choose());
  const Hostname& name = peer.name;
  if (peer.id == kServerPeer)
    return invalid_input(fmt::format("{} is the server itself: without it nobody could reach anybody", quoted(name.str())));
  if (peer.is_disabled) {
    log::info("{} is disabled already", name.str());
    return Ending::kDone;
  }
  TRY(const bool agreed, confirmed(context, options.yes, question(peer, peers, admin.config())));
  if (!agreed) return Ending::kDone;
  // DELETE disables. It sends nothing of the peer back, so that a Rust server can't take the endpoint that it filled in for an override.
  TRY_VOID(admin.explained(fmt::format("disabling {}", name.str()), admin.server().delete_peer(peer.id)));
  peer.is_disabled = true;
  context.print(fmt::format("The peer {} is disabled.", name.str()));
  context.report(changed().value("peer", peer));
  return Ending::kDone;
}

}  // namespace

Row disable_peer_command() {
  return row({.name = "disable-peer", .sentence = "Shut a peer out (admins).", .example = "disable-peer evilcorp --name alice --yes"},
             define, run);
}

}  // namespace innernet::client
