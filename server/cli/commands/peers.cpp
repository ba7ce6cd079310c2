#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "../open.hpp"
#include "innernet/base/file.hpp"
#include "innernet/netlink/route.hpp"
#include "innernet/values/cidr_tree.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

constexpr std::string_view kServerName = "innernet-server";

Result<const Cidr*> cidr_for_peers(const Network& network, const std::string& name) {
  const Cidr* cidr = network.find_cidr(name);
  if (cidr == nullptr) return fail(ErrorKind::kNotFound, fmt::format("there is no CIDR named {}", quoted(name)));
  if (cidr->id == kServerCidr) return invalid_input(fmt::format("{} holds the server alone: choose another CIDR", quoted(name)));
  const CidrTree tree(network.cidrs());
  for (const Cidr* leaf : tree.eligible_for_peers())
    if (leaf->id == cidr->id) return cidr;
  return invalid_input(fmt::format("CIDR {} has CIDRs of its own, and only the innermost ones hold peers", quoted(name)));
}

Result<Cidr> given_or_chosen_cidr(const CommandContext& context, const Network& network, const AddPeerOptions& options) {
  if (options.cidr) {
    TRY(const Cidr* cidr, cidr_for_peers(network, *options.cidr));
    return *cidr;
  }
  const std::vector<Cidr> cidrs = network.cidrs();
  if (const CidrTree tree(cidrs); tree.eligible_for_peers().empty())
    return fail(ErrorKind::kNotFound, "no CIDR can hold peers yet: innernet-server add-cidr makes one");
  const Cidr* root = network.find_cidr(kRootCidr);
  const std::vector<IpAddress> taken = root != nullptr ? network.taken_addresses(root->cidr) : std::vector<IpAddress>();
  return wizard::choose_cidr(context.asker, "Eligible CIDR", "--cidr", wizard::with_room(cidrs, taken),
                             "all CIDRs are full: each of their addresses is taken (innernet-server add-cidr makes another one)");
}

Result<IpAddress> first_free(const Network& network, const Cidr& cidr) {
  if (const auto free = first_free_address(cidr.cidr, network.taken_addresses(cidr.cidr))) return *free;
  return invalid_input(fmt::format("CIDR {} ({}) is full: every address is taken", quoted(cidr.name), cidr.cidr.to_string()));
}

Result<void> check_address(const Network& network, const Cidr& cidr, const IpAddress& ip) {
  if (!cidr.cidr.contains(ip)) return invalid_input(fmt::format("{} is not in {}", ip.to_string(), label(cidr)));
  if (!cidr.cidr.is_assignable(ip))
    return invalid_input(fmt::format("{} can't be a peer's: it is the first or last address of {}", ip.to_string(), label(cidr)));
  const std::vector<IpAddress> taken = network.taken_addresses(cidr.cidr);
  if (std::ranges::find(taken, ip) == taken.end()) return {};
  return fail(ErrorKind::kAlreadyExists, fmt::format("{} is taken already", ip.to_string()));
}

/// Also a row that is not valid keeps its name.
Result<void> check_name(const Network& network, const Hostname& name) {
  const auto has_it = [&name](const auto& row) { return row.second.name == name.str(); };
  if (network.find_peer(std::string_view(name.str())) == nullptr && std::ranges::none_of(network.quarantined(), has_it)) return {};
  return fail(ErrorKind::kAlreadyExists, fmt::format("there is a peer named {} already", quoted(name.str())));
}

/// None: whichever is free when the peer is made (--auto-ip).
Result<std::optional<IpAddress>> given_or_asked_ip(const CommandContext& context, const Network& network, const Cidr& cidr,
                                                   const AddPeerOptions& options) {
  if (options.ip) TRY_VOID(check_address(network, cidr, *options.ip));
  if (options.ip || options.auto_ip) return options.ip;
  TRY(const IpAddress free, first_free(network, cidr));
  TRY(const IpAddress ip,
      wizard::ask_ip(context.asker, free, [&](const IpAddress& answer) { return check_address(network, cidr, answer); }));
  return ip;
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

/// The peer that was named, else one of those that are not what it would become.
Result<Peer> given_or_chosen_peer(const CommandContext& context, const Network& network, const std::optional<std::string>& name,
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

/// The peer of that id, if it is still the one that the questions were about: ids of deleted invitations are given to new peers.
Result<PeerContents> same_peer(const Network& network, const Peer& peer) {
  const PeerRecord* now = network.find_peer(peer.id);
  if (now != nullptr && now->peer.name == peer.name && now->peer.ip == peer.ip) return now->peer;
  return fail(ErrorKind::kNotFound, fmt::format("somebody else has renamed or deleted peer {} meanwhile; nothing was done", label(peer)));
}

Result<void> set_disabled(const CommandContext& context, const InterfaceName& interface, const NameOptions& options, bool disable) {
  const std::string_view verb = disable ? "disable" : "enable";
  TRY(auto registry, open_registry(context, interface));
  TRY(const Peer found, given_or_chosen_peer(
                            context, registry.network(), options.name, fmt::format("Peer to {}", verb),
                            [disable](const Peer& peer) { return peer.is_disabled != disable; },
                            fmt::format("no peer can be {0}d: none is {1}", verb, disable ? "enabled" : "disabled")));
  const std::string& name = found.name.str();
  if (found.is_disabled == disable) {
    context.print(fmt::format("peer {} is {}d already", name, verb));
    return {};
  }
  const bool last_admin = disable && found.is_admin && registry.network().other_admins(found.id) == 0;
  const std::string question =
      last_admin
          ? fmt::format("{} is the last enabled admin; without one, only this command line can change the network. Disable it?", name)
          : fmt::format("{} peer {}?", disable ? "Disable" : "Enable", label(found));
  TRY(const bool go_on, confirmed(context, options.yes, question));
  if (!go_on) return {};

  std::optional<Peer> changed;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(PeerContents contents, same_peer(registry.network(), found));
    contents.is_disabled = disable;
    TRY(changed, writer.update_peer(found.id, contents));
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
  const Network& known = registry.network();
  TRY(const Cidr cidr, given_or_chosen_cidr(context, known, options));
  TRY(const auto wanted_ip, given_or_asked_ip(context, known, cidr, options));
  TRY(const IpAddress suggested_ip, wanted_ip ? Result<IpAddress>(*wanted_ip) : first_free(known, cidr));
  TRY(const Hostname name, options.name ? Result<Hostname>(*options.name)
                                        : wizard::ask_hostname(context.asker, "Name", "--name",
                                                               [&](const Hostname& answer) { return check_name(known, answer); }));
  TRY(const bool is_admin, options.is_admin ? Result<bool>(*options.is_admin) : wizard::ask_is_admin(context.asker));
  const auto check_validity = [&context](std::chrono::seconds answer) -> Result<void> {
    TRY_VOID(expiry(context.clock.wall(), answer));
    return {};
  };
  TRY(const std::chrono::seconds validity,
      options.invite_expires ? Result<std::chrono::seconds>(*options.invite_expires) : wizard::ask_validity(context.asker, check_validity));
  TRY_VOID(check_validity(validity));
  TRY(const std::filesystem::path invitation_path,
      options.save_config ? Result<std::filesystem::path>(*options.save_config) : wizard::ask_invitation_file(context.asker, name));
  TRY(const auto root, config.net());
  TRY_VOID(external_endpoint(registry.network(), interface));
  TRY(const bool go_on,
      confirmed(context, options.yes,
                fmt::format("Create {}peer {} ({}) in {}?", is_admin ? "admin " : "", name.str(), suggested_ip.to_string(), label(cidr))));
  if (!go_on) return {};

  const auto temporary_key = wg::PrivateKey::generate();
  bool invitation_written = false;
  std::optional<Peer> added;
  // The invitation is written inside the transaction: a peer without an invitation would hold its name and address for nothing.
  auto written = registry.write([&](Registry::Writer& writer) -> Result<void> {
    const Network& network = registry.network();
    TRY(const Cidr* home, cidr_for_peers(network, cidr.name));
    TRY(const IpAddress ip, wanted_ip ? Result<IpAddress>(*wanted_ip) : first_free(network, *home));
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
  context.print("Whoever has this file can join, so send it over a safe channel. Next, on that machine:");
  context.print("  innernet install " + invitation_path.filename().string());
  if (const auto link = netlink::find_link(interface); link && !*link) {
    context.print("That needs the server, which is not up yet:");
    context.print(fmt::format("  systemctl enable --now innernet-server@{0}    (or: innernet-server serve {0})", interface.str()));
  }
  context.report(changed().value("peer", *added).text("invitation", invitation_path.string()));
  return {};
}

Result<void> rename_peer(const CommandContext& context, const InterfaceName& interface, const RenameOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Peer peer, given_or_chosen_peer(
                           context, network, options.name, "Peer to rename", [](const Peer&) { return true; },
                           "there is no peer to rename: innernet-server add-peer invites one"));
  const auto check = [&](const Hostname& name) { return name == peer.name ? Result<void>() : check_name(network, name); };
  TRY(const Hostname new_name,
      options.new_name ? Hostname::parse(*options.new_name) : wizard::ask_hostname(context.asker, "New name", "--new-name", check));
  const std::string name = peer.name.str();
  if (peer.name == new_name) {
    context.print(fmt::format("peer {} has this name already", name));
    return {};
  }
  TRY_VOID(check(new_name));
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Rename peer {} to {}?", label(peer), new_name.str())));
  if (!go_on) return {};
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(PeerContents contents, same_peer(network, peer));
    contents.name = new_name;
    TRY_VOID(writer.update_peer(peer.id, contents));
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
