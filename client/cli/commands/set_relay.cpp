#include <fmt/format.h>

#include "../admin.hpp"
#include "commands.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<Hostname> name;
  bool off = false;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "Its machine passes on what peers that can't reach each other directly send each other, which it can't read, as the server does "
      "itself. It does so while `innernet up --daemon` runs there, on the first free UDP port behind its listen port, which must be open "
      "from outside. --off ends it. --yes needs --name.");
  define_interface(definition, options);
  define_name(definition, options.name, "The peer");
  definition.flag(0, "off", options.off, "It is to be a relay no longer");
  define_yes(definition, options.yes);
  definition.needs("yes", "name");
}

Result<Ending> run(const Options& options, Context& context) {
  const bool on = !options.off;
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const Capabilities server, admin.explained("asking what the server can do", admin.server().capabilities()));
  if (!server.peer_relays)
    return fail(ErrorKind::kUnsupported, "this server is older than relays on peers: update innernet-server, then try again");
  TRY(const std::vector<Peer> peers, admin.peers());
  const auto choose = [&]() -> Result<Peer> {
    if (options.name) return find_peer(peers, options.name->str());
    std::vector<Peer> eligible = others(peers);
    std::erase_if(eligible, [on](const Peer& peer) { return peer.is_relay == on || (on && peer.is_disabled); });
    return wizard::choose_peer(context.asker, on ? "Peer to relay" : "Peer that is to relay no longer", "--name", eligible,
                               on ? "every peer that is enabled is a relay already" : "no peer is a relay");
  };
  TRY(Peer peer, choose());
  const Hostname& name = peer.name;
  if (peer.id == kServerPeer)
    return invalid_input(
        fmt::format("{} is the server itself, which relays unless it is told not to (serve --no-relay)", quoted(name.str())));
  if (peer.is_relay == on) {
    log::info("{} is {} already", name.str(), on ? "a relay" : "no relay");
    return Ending::kDone;
  }
  TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Let {} relay {}?", label(peer), on ? "for others" : "no longer")));
  if (!agreed) return Ending::kDone;
  TRY_VOID(admin.explained(fmt::format("letting {} relay {}", name.str(), on ? "for others" : "no longer"),
                           admin.server().set_relay(peer.id, on)));
  peer.is_relay = on;
  if (!on) peer.relay.reset();
  context.print(on ? fmt::format("The peer {} is a relay; it relays once its daemon hears of it.", name.str())
                   : fmt::format("The peer {} is no relay any more.", name.str()));
  context.report(changed().value("peer", peer));
  return Ending::kDone;
}

}  // namespace

Row set_relay_command() {
  return row({.name = "set-relay",
              .sentence = "Let a peer's machine relay for others (admins).",
              .example = "set-relay evilcorp --name office --yes"},
             define, run);
}

}  // namespace innernet::client
