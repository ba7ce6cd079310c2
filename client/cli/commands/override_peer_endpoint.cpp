#include <fmt/format.h>

#include "../admin.hpp"
#include "../own_device.hpp"
#include "commands.hpp"
#include "innernet/client/data_store.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<Hostname> name;
  std::optional<Endpoint> endpoint;  ///< its port is not 0
  bool unset = false;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("Only this machine is concerned: the config keeps it, and the interface gets it at once if it is up.");
  define_interface(definition, options);
  define_name(definition, options.name, "The peer");
  definition.option('e', "endpoint", "HOST:PORT", into(options.endpoint, parse_endpoint_with_port), "Where this machine reaches it");
  definition.flag('u', "unset", options.unset, "Go back to what the server says");
  define_yes(definition, options.yes);
  definition.conflict("endpoint", "unset");
}

Result<std::vector<Peer>> known_peers(const Context& context, const InterfaceName& interface) {
  const std::filesystem::path path = context.folders().data_store(interface);
  TRY(const auto store, DataStore::load(path));
  if (!store)
    return fail(ErrorKind::kNotFound, fmt::format("{} knows no peers yet: `innernet up {}` fetches them", path.native(), interface.str()));
  return store->state().peers;
}

bool is_server(const Peer& peer, const InterfaceConfig& config) {
  return peer.id == kServerPeer || peer.ip == config.server_internal_endpoint.ip;
}

Result<void> check_peer(const Peer& peer, const InterfaceConfig& config) {
  const std::string& name = peer.name.str();
  if (peer.ip == config.address.address()) return invalid_input(fmt::format("{} is this machine itself", quoted(name)));
  if (is_server(peer, config))
    return invalid_input(fmt::format("{} is the server, whose endpoint stands in the config as external-endpoint", quoted(name)));
  return {};
}

Result<void> check_endpoint(const Endpoint& endpoint) {
  if (endpoint.is_unspecified())
    return invalid_input(fmt::format("{} is no address that a peer could be reached at", endpoint.to_string()));
  return {};
}

/// Only touches a peer that is on the device. A name that can't be resolved now is tried again by each fetch.
Result<void> apply_endpoint(const Context& context, const InterfaceName& interface, const InterfaceConfig& config, const Peer& peer,
                            const Endpoint& endpoint) {
  const auto address = context.resolve(endpoint);
  if (!address) {
    log::warning("{} does not resolve now; it was saved, and the next fetch tries again", endpoint.to_string());
    return {};
  }
  TRY(auto own, own_device(context, interface, config));
  if (!own) return {};
  wg::DeviceUpdate update;
  update.peers.push_back({.public_key = peer.public_key,
                          .remove = false,
                          .update_only = true,
                          .replace_allowed_ips = false,
                          .preshared_key = {},
                          .endpoint = *address,
                          .persistent_keepalive = {},
                          .allowed_ips = {}});
  return own->backend->apply(interface, update);
}

Result<Ending> unset(const Options& options, const InterfaceConfig& before, Context& context) {
  const InterfaceName& interface = options.interface();
  if (before.peer_endpoint_overrides.empty()) {
    log::info("no peer of {} has an overridden endpoint, there is nothing to unset", interface.str());
    return Ending::kDone;
  }
  TRY(const std::vector<Peer> peers, known_peers(context, interface));
  const auto choose = [&]() -> Result<Peer> {
    if (options.name) return find_peer(peers, options.name->str());
    std::vector<Peer> eligible = peers;
    std::erase_if(eligible, [&before](const Peer& peer) { return !before.peer_endpoint_overrides.contains(peer.ip); });
    return wizard::choose_peer(context.asker, "Peer", "--name", eligible,
                               fmt::format("no known peer of {} has an overridden endpoint", interface.str()));
  };
  TRY(const Peer peer, choose());
  const Hostname& name = peer.name;
  if (!before.peer_endpoint_overrides.contains(peer.ip)) {
    log::info("the endpoint of {} is not overridden, there is nothing to unset", name.str());
    return Ending::kDone;
  }
  TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Forget the overridden endpoint of {}?", name.str())));
  if (!agreed) return Ending::kDone;
  TRY(const FileLock lock, lock_network(context.folders(), interface, &context.stop, ReadOnly::kRefused));
  TRY(InterfaceConfig config, read_config(context.folders(), interface));
  config.peer_endpoint_overrides.erase(peer.ip);
  TRY_VOID(write_config(context.folders(), interface, config));
  context.print(fmt::format("The endpoint of {} is no longer overridden; the next fetch takes what the server says.", name.str()));
  context.report(changed().value("peer", peer).text("endpoint", std::nullopt));
  return Ending::kDone;
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(const InterfaceConfig before, read_config(context.folders(), interface));
  if (options.unset) return unset(options, before, context);
  TRY(const std::vector<Peer> peers, known_peers(context, interface));
  const auto choose = [&]() -> Result<Peer> {
    if (options.name) return find_peer(peers, options.name->str());
    std::vector<Peer> eligible = peers;
    std::erase_if(eligible, [&before](const Peer& peer) { return peer.is_disabled || !check_peer(peer, before); });
    return wizard::choose_peer(
        context.asker, "Peer", "--name", eligible,
        fmt::format("{} knows no other peer than the server: `innernet fetch {}` gets them", interface.str(), interface.str()));
  };
  TRY(const Peer peer, choose());
  const Hostname& name = peer.name;
  TRY_VOID(check_peer(peer, before));
  TRY(const Endpoint endpoint, options.endpoint
                                   ? Result<Endpoint>(*options.endpoint)
                                   : wizard::ask_endpoint(context.asker, "Endpoint", "--endpoint or --unset", {}, check_endpoint));
  TRY_VOID(check_endpoint(endpoint));
  TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Reach {} at {}?", name.str(), endpoint.to_string())));
  if (!agreed) return Ending::kDone;

  TRY(const FileLock lock, lock_network(context.folders(), interface, &context.stop, ReadOnly::kRefused));
  TRY(InterfaceConfig config, read_config(context.folders(), interface));
  config.peer_endpoint_overrides.insert_or_assign(peer.ip, endpoint);
  TRY_VOID(write_config(context.folders(), interface, config));
  if (auto applied = apply_endpoint(context, interface, config, peer, endpoint); !applied)
    return std::unexpected(std::move(applied).error().context("the override was saved, but not applied to the interface"));
  context.print(fmt::format("{} is now reached at {}.", name.str(), endpoint.to_string()));
  context.report(changed().value("peer", peer).text("endpoint", endpoint.to_string()));
  return Ending::kDone;
}

}  // namespace

Row override_peer_endpoint_command() {
  return row({.name = "override-peer-endpoint",
              .sentence = "Say where this machine reaches a peer.",
              .example = "override-peer-endpoint evilcorp --name alice --endpoint 192.168.1.20:51820 --yes"},
             define, run);
}

}  // namespace innernet::client
