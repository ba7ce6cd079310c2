#include <fmt/format.h>

#include "../open.hpp"
#include "../peers.hpp"
#include "commands.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> name;
  bool off = false;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "Its machine passes on what peers that can't reach each other directly send each other, which it can't read, as the server does "
      "itself. It does so while `innernet up --daemon` runs there, on the first free UDP port behind its listen port, which must be open "
      "from outside. --off ends it. --yes needs --name.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "Which peer");
  definition.flag(0, "off", options.off, "It is to be a relay no longer");
  define_yes(definition, options.yes);
  definition.needs("yes", "name");
}

Result<Ending> run(const Options& options, Context& context) {
  const bool on = !options.off;
  TRY(auto registry, open_registry(context, options.interface()));
  TRY(const Peer found, given_or_chosen_peer(
                            context, registry.network(), options.name, on ? "Peer to relay" : "Peer that is to relay no longer",
                            [on](const Peer& peer) { return peer.is_relay != on && (!on || !peer.is_disabled); },
                            on ? "every peer that is enabled is a relay already" : "no peer is a relay"));
  const std::string& name = found.name.str();
  if (found.is_relay == on) {
    context.print(fmt::format("peer {} is {} already", name, on ? "a relay" : "no relay"));
    return Ending::kDone;
  }
  TRY_VOID(registry.network().check_peer_update(found.id, PeerChange::with_relay(found, on)));
  const std::string question = fmt::format("Let peer {} relay {}?", label(found), on ? "for others" : "no longer");
  TRY(const bool go_on, command_line::confirmed(context, options.yes, question));
  if (!go_on) return Ending::kDone;
  std::optional<Peer> changed;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(unchanged(registry.network(), found));
    TRY(changed, writer.update_peer(found.id, PeerChange::with_relay(registry.network().find_peer(found.id)->peer, on)));
    return {};
  }));
  context.print(on ? fmt::format("peer {} is a relay; it relays once its daemon hears of it", name)
                   : fmt::format("peer {} is no relay any more", name));
  context.report(innernet::changed().value("peer", *changed));
  return Ending::kDone;
}

}  // namespace

Row set_relay_command() {
  return row({.name = "set-relay",
              .sentence = "Let a peer's machine relay for peers that can't reach each other.",
              .example = "set-relay evilcorp --name office --yes"},
             define, run);
}

}  // namespace innernet::server
