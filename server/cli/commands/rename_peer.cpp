#include <fmt/format.h>

#include "../open.hpp"
#include "../peers.hpp"
#include "commands.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> name;
  std::optional<std::string> new_name;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "Its name now");
  definition.option(0, "new-name", "NAME", into_text(options.new_name), "Its new name");
  define_yes(definition, options.yes);
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Peer peer, given_or_chosen_peer(
                           context, network, options.name, "Peer to rename", [](const Peer&) { return true; },
                           "there is no peer to rename: innernet-server add-peer invites one"));
  const auto check = [&](const Hostname& name) { return name == peer.name ? Result<void>() : check_peer_name(network, name); };
  TRY(const Hostname new_name,
      options.new_name ? Hostname::parse(*options.new_name) : wizard::ask_hostname(context.asker, "New name", "--new-name", check));
  const std::string name = peer.name.str();
  if (peer.name == new_name) {
    context.print(fmt::format("peer {} has this name already", name));
    return Ending::kDone;
  }
  TRY_VOID(check(new_name));
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Rename peer {} to {}?", label(peer), new_name.str())));
  if (!go_on) return Ending::kDone;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(PeerChange change, unchanged(network, peer));
    change.name = new_name;
    TRY_VOID(writer.update_peer(peer.id, change));
    return {};
  }));
  context.print(fmt::format("peer {} renamed to {}", name, new_name.str()));
  if (const PeerRecord* renamed = registry.network().find_peer(new_name.str())) context.report(changed().value("peer", renamed->peer));
  return Ending::kDone;
}

}  // namespace

Row rename_peer_command() {
  return row(
      {.name = "rename-peer", .sentence = "Rename a peer.", .example = "rename-peer evilcorp --name alice --new-name alice-laptop --yes"},
      define, run);
}

}  // namespace innernet::server
