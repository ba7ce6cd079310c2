#include "peers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "innernet/server/device_entry.hpp"
#include "innernet/wizard/wizard.hpp"
#include "open.hpp"

namespace innernet::server {

using command_line::Ending;

namespace {

constexpr std::string_view kServerName = "innernet-server";

Result<const PeerRecord*> other_peer(const Network& network, const std::string& name) {
  if (name == kServerName)
    return invalid_input("innernet-server is the server itself: it can't be renamed, disabled or enabled, and relays by itself");
  const PeerRecord* record = network.find_peer(name);
  if (record != nullptr && record->peer.id == kServerPeer)
    return invalid_input(
        fmt::format("{} is the server itself: it can't be renamed, disabled or enabled, and relays by itself", quoted(name)));
  if (record == nullptr) return fail(ErrorKind::kNotFound, fmt::format("there is no peer named {}", quoted(name)));
  return record;
}

}  // namespace

Result<Peer> given_or_chosen_peer(command_line::Context& context, const Network& network, const std::optional<std::string>& name,
                                  const std::string& question, const std::function<bool(const Peer&)>& is_eligible,
                                  const std::string& none) {
  if (name) {
    TRY(const PeerRecord* record, other_peer(network, *name));
    return record->peer;
  }
  std::vector<Peer> eligible;
  for (const auto& [id, record] : network.peers())
    if (id != kServerPeer && is_eligible(record.peer)) eligible.push_back(record.peer);
  return wizard::choose_peer(context.asker, question, "--name", eligible, none);
}

Result<void> check_peer_name(const Network& network, const Hostname& name) {
  const auto has_it = [&name](const auto& row) { return row.second.name == name.str(); };
  if (network.find_peer(std::string_view(name.str())) == nullptr && std::ranges::none_of(network.quarantined(), has_it)) return {};
  return fail(ErrorKind::kAlreadyExists, fmt::format("there is a peer named {} already", quoted(name.str())));
}

Result<PeerChange> unchanged(const Network& network, const Peer& peer) {
  const PeerRecord* now = network.find_peer(peer.id);
  if (now != nullptr && now->peer.name == peer.name && now->peer.ip == peer.ip) return PeerChange::to(now->peer);
  return fail(ErrorKind::kNotFound, fmt::format("somebody else has renamed or deleted peer {} meanwhile; nothing was done", label(peer)));
}

Result<Ending> set_disabled(command_line::Context& context, const InterfaceName& interface, const std::optional<std::string>& given,
                            bool disable, bool yes) {
  const std::string_view verb = disable ? "disable" : "enable";
  TRY(auto registry, open_registry(context, interface));
  limit_to_device(context, interface, registry);
  TRY(const Peer found, given_or_chosen_peer(
                            context, registry.network(), given, fmt::format("Peer to {}", verb),
                            [disable](const Peer& peer) { return peer.is_disabled != disable; },
                            fmt::format("no peer can be {0}d: none is {1}", verb, disable ? "enabled" : "disabled")));
  const std::string& name = found.name.str();
  if (found.is_disabled == disable) {
    context.print(fmt::format("peer {} is {}d already", name, verb));
    return Ending::kDone;
  }
  const bool last_admin = disable && found.is_admin && registry.network().other_admins(found.id) == 0;
  const std::string question =
      last_admin
          ? fmt::format("{} is the last enabled admin; without one, only this command line can change the network. Disable it?", name)
          : fmt::format("{} peer {}?", disable ? "Disable" : "Enable", label(found));
  TRY(const bool go_on, command_line::confirmed(context, yes, question));
  if (!go_on) return Ending::kDone;

  std::optional<Peer> changed;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(PeerChange change, unchanged(registry.network(), found));
    change.is_disabled = disable;
    TRY(changed, writer.update_peer(found.id, change));
    return {};
  }));
  wg::PeerUpdate update = device_entry(*changed);
  if (disable) {
    update = wg::PeerUpdate{};
    update.public_key = changed->public_key;
    update.remove = true;
  }
  update_device(context, interface, {std::move(update)});
  context.print(fmt::format("peer {} ({}) {}d", name, changed->ip.to_string(), verb));
  context.report(innernet::changed().value("peer", *changed));
  return Ending::kDone;
}

}  // namespace innernet::server
