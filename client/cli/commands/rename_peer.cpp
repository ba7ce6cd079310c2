#include <fmt/format.h>

#include <algorithm>

#include "../admin.hpp"
#include "commands.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<Hostname> name;
  std::optional<Hostname> new_name;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("What is not given is asked for; without a terminal that is an error that names the option.");
  define_interface(definition, options);
  define_name(definition, options.name, "The peer");
  definition.option(0, "new-name", "NAME", into(options.new_name, Hostname::parse), "Its new name");
  define_yes(definition, options.yes);
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Peer> peers, admin.peers());
  TRY(Peer peer, options.name ? find_peer(peers, options.name->str())
                              : wizard::choose_peer(context.asker, "Peer to rename", "--name", others(peers),
                                                    "there is no peer to rename: `innernet add-peer` invites one"));
  const Hostname name = peer.name;
  if (peer.id == kServerPeer) return invalid_input(fmt::format("{} is the server itself, which can't be renamed", quoted(name.str())));
  const auto check = [&](const Hostname& wanted) -> Result<void> {
    if (wanted == name || std::ranges::find(peers, wanted, &Peer::name) == peers.end()) return {};
    return fail(ErrorKind::kAlreadyExists, fmt::format("there is a peer {} already", quoted(wanted.str())));
  };
  TRY(const Hostname new_name,
      options.new_name ? Result<Hostname>(*options.new_name) : wizard::ask_hostname(context.asker, "New name", "--new-name", check));
  if (name == new_name) {
    log::info("the peer is called {} already, nothing was changed", name.str());
    return Ending::kDone;
  }
  TRY_VOID(check(new_name));
  TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Rename {} to {}?", label(peer), new_name.str())));
  if (!agreed) return Ending::kDone;
  peer.name = new_name;
  TRY_VOID(admin.explained(fmt::format("renaming {}", name.str()), admin.server().update_peer(peer.id, peer)));
  context.print(fmt::format("The peer {} is now called {}.", name.str(), new_name.str()));
  context.report(changed().value("peer", peer));
  return Ending::kDone;
}

}  // namespace

Row rename_peer_command() {
  return row({.name = "rename-peer",
              .sentence = "Rename a peer (admins).",
              .example = "rename-peer evilcorp --name alice --new-name alicia --yes"},
             define, run);
}

}  // namespace innernet::client
