#include <fmt/format.h>

#include "../open.hpp"
#include "innernet/base/file.hpp"
#include "innernet/shared/cidr_tree.hpp"

namespace innernet::server {
namespace {

constexpr std::string_view kServerName = "innernet-server";

template <class T>
Result<T> required(const std::optional<T>& value, std::string_view option, std::string_view meaning) {
  if (!value) return invalid_input(fmt::format("{} is missing: {}", option, meaning));
  return *value;
}

Result<const Cidr*> cidr_for_peers(const Network& network, const std::string& name) {
  const Cidr* cidr = network.find_cidr(name);
  if (cidr == nullptr) return fail(ErrorKind::kNotFound, fmt::format("there is no CIDR named {}", quoted(name)));
  if (cidr->id == kServerCidr) return invalid_input(fmt::format("{} holds the server alone: choose another CIDR", quoted(name)));
  const std::vector<Cidr> all = network.cidrs();
  for (const Cidr* leaf : CidrTree(all).eligible_for_peers())
    if (leaf->id == cidr->id) return cidr;
  return invalid_input(fmt::format("CIDR {} has CIDRs of its own, and only the innermost ones hold peers", quoted(name)));
}

Result<IpAddress> address_for(const Network& network, const Cidr& cidr, const AddPeerOptions& options) {
  if (options.ip) return *options.ip;
  if (!options.auto_ip) return invalid_input("--ip is missing: the peer's address (or --auto-ip for the first free one)");
  const auto free = first_free_address(cidr.cidr, network.taken_addresses(cidr.cidr));
  if (!free) return invalid_input(fmt::format("CIDR {} ({}) is full: every address is taken", quoted(cidr.name), cidr.cidr.to_string()));
  return *free;
}

Result<UnixTime> expiry(WallTime now, std::chrono::seconds validity) {
  if (validity <= std::chrono::seconds(0))
    return invalid_input("an invitation that expires at once is of no use: give --invite-expires a time such as 14d");
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  std::int64_t end = 0;
  if (__builtin_add_overflow(seconds.count(), validity.count(), &end))
    return invalid_input("--invite-expires is too far away: give a time such as 14d");
  return UnixTime{static_cast<std::uint64_t>(end), 0};
}

Result<Endpoint> external_endpoint(const Network& network, const InterfaceName& interface) {
  const PeerRecord* server = network.find_peer(kServerPeer);
  if (server != nullptr && server->peer.endpoint) return *server->peer.endpoint;
  return fail(ErrorKind::kSystem,
              fmt::format("the database of {} does not say how the server is reached from outside: an admin can set it with "
                          "innernet override-endpoint on the server's peer",
                          interface.str()));
}

Result<const PeerRecord*> other_peer(const Network& network, const std::string& name) {
  if (name == kServerName) return invalid_input("innernet-server is the server itself: it can't be renamed, disabled or enabled");
  const PeerRecord* record = network.find_peer(name);
  if (record != nullptr && record->peer.id == kServerPeer)
    return invalid_input(fmt::format("{} is the server itself: it can't be renamed, disabled or enabled", quoted(name)));
  if (record == nullptr) return fail(ErrorKind::kNotFound, fmt::format("there is no peer named {}", quoted(name)));
  return record;
}

Result<void> set_disabled(const CommandContext& context, const InterfaceName& interface, const NameOptions& options, bool disable) {
  const std::string_view verb = disable ? "disable" : "enable";
  TRY(const auto name, required(options.name, "--name", fmt::format("which peer to {}", verb)));
  TRY(auto registry, open_registry(context, interface));
  TRY(const PeerRecord* found, other_peer(registry.network(), name));
  if (found->peer.is_disabled == disable) {
    context.print(fmt::format("peer {} is {}d already", name, verb));
    return {};
  }
  const bool last_admin = disable && found->peer.is_admin && registry.network().other_admins(found->peer.id) == 0;
  const std::string question =
      last_admin
          ? fmt::format("{} is the last enabled admin; without one, only this command line can change the network. Disable it?", name)
          : fmt::format("{} peer {} ({})?", disable ? "Disable" : "Enable", name, found->peer.ip.to_string());
  TRY(const bool go_on, confirmed(context, options.yes, question));
  if (!go_on) return {};

  std::optional<Peer> changed;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(const PeerRecord* record, other_peer(registry.network(), name));
    PeerContents contents = record->peer;
    contents.is_disabled = disable;
    TRY(changed, writer.update_peer(record->peer.id, contents));
    return {};
  }));
  wg::PeerUpdate update = device_peer(*changed);
  if (disable) {
    update = wg::PeerUpdate{};
    update.public_key = changed->public_key;
    update.remove = true;
  }
  update_device(context, interface, {std::move(update)});
  context.print(fmt::format("peer {} ({}) {}d", name, changed->ip.to_string(), verb));
  context.report(innernet::changed().value("peer", *changed));
  return {};
}

}  // namespace

Result<void> add_peer(const CommandContext& context, const InterfaceName& interface, const AddPeerOptions& options) {
  TRY(const auto config, open_config(context, interface));
  TRY(auto registry, open_registry(context, interface));
  TRY(const auto cidr_name, required(options.cidr, "--cidr", "the name of the CIDR that the peer belongs to"));
  TRY(const Cidr* cidr, cidr_for_peers(registry.network(), cidr_name));
  TRY(const auto suggested_ip, address_for(registry.network(), *cidr, options));
  TRY(const auto name, required(options.name, "--name", "the peer's name"));
  TRY(const bool is_admin, required(options.is_admin, "--admin", "true or false, whether the peer may change the network"));
  TRY(const auto validity, required(options.invite_expires, "--invite-expires", "how long the invitation is valid, such as 14d"));
  TRY(const auto invitation_path,
      required(options.save_config, "--save-config", fmt::format("the invitation file to write, such as {}.toml", name.str())));
  TRY_VOID(expiry(context.clock.wall(), validity));
  TRY(const auto root, config.net());
  TRY_VOID(external_endpoint(registry.network(), interface));
  TRY(const bool go_on,
      confirmed(context, options.yes, fmt::format("Create peer {} ({}) in {}?", name.str(), suggested_ip.to_string(), cidr->name)));
  if (!go_on) return {};

  const auto temporary_key = wg::PrivateKey::generate();
  bool invitation_written = false;
  std::optional<Peer> added;
  // The invitation is written inside the transaction: a peer without an invitation would hold its name and address for nothing.
  auto written = registry.write([&](Registry::Writer& writer) -> Result<void> {
    const Network& network = registry.network();
    TRY(const Cidr* home, cidr_for_peers(network, cidr_name));
    TRY(const auto ip, address_for(network, *home, options));
    TRY(const auto expires, expiry(context.clock.wall(), validity));
    TRY(const auto server_endpoint, external_endpoint(network, interface));
    TRY(added, writer.add_peer(PeerContents{.name = name,
                                            .ip = ip,
                                            .cidr_id = home->id,
                                            .public_key = temporary_key.public_key(),
                                            .endpoint = {},
                                            .persistent_keepalive_interval = 25,
                                            .is_admin = is_admin,
                                            .is_disabled = false,
                                            .is_redeemed = false,
                                            .invite_expires = expires,
                                            .candidates = {}}));
    TRY(const auto address, IpNet::make(ip, root.prefix()));
    const InterfaceConfig invitation{.network_name = interface.str(),
                                     .address = address,
                                     .private_key = temporary_key,
                                     .listen_port = {},
                                     .server_public_key = config.private_key.public_key(),
                                     .server_external_endpoint = server_endpoint,
                                     .server_internal_endpoint = {config.address, config.listen_port},
                                     .peer_endpoint_overrides = {}};
    if (auto created = create_file(invitation_path, invitation.to_invitation().reveal(), kPrivateFile, GroupRecipe::kIgnored); !created)
      return std::unexpected(std::move(created).error().context("writing the invitation"));
    invitation_written = true;
    return {};
  });
  if (!written) {
    std::error_code ignored;
    if (invitation_written) std::filesystem::remove(invitation_path, ignored);
    return written;
  }
  update_device(context, interface, {device_peer(*added)});
  context.print(fmt::format("peer {} ({}) added; its invitation is {}", name.str(), added->ip.to_string(), invitation_path.string()));
  context.print("It holds a key: hand it over on a safe way. Its owner runs: innernet install " + invitation_path.filename().string());
  context.report(changed().value("peer", *added).text("invitation", invitation_path.string()));
  return {};
}

Result<void> rename_peer(const CommandContext& context, const InterfaceName& interface, const RenameOptions& options) {
  TRY(const auto name, required(options.name, "--name", "which peer to rename"));
  TRY(const auto new_name_text, required(options.new_name, "--new-name", "the peer's new name"));
  TRY(const auto new_name, Hostname::parse(new_name_text));
  TRY(auto registry, open_registry(context, interface));
  TRY_VOID(other_peer(registry.network(), name));
  if (name == new_name.str()) {
    context.print(fmt::format("peer {} has this name already", name));
    return {};
  }
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Rename peer {} to {}?", name, new_name.str())));
  if (!go_on) return {};
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(const PeerRecord* record, other_peer(registry.network(), name));
    PeerContents contents = record->peer;
    contents.name = new_name;
    TRY_VOID(writer.update_peer(record->peer.id, contents));
    return {};
  }));
  context.print(fmt::format("peer {} renamed to {}", name, new_name.str()));
  if (const PeerRecord* renamed = registry.network().find_peer(new_name.str())) context.report(changed().value("peer", renamed->peer));
  return {};
}

Result<void> enable_peer(const CommandContext& context, const InterfaceName& interface, const NameOptions& options) {
  return set_disabled(context, interface, options, false);
}

Result<void> disable_peer(const CommandContext& context, const InterfaceName& interface, const NameOptions& options) {
  return set_disabled(context, interface, options, true);
}

}  // namespace innernet::server
