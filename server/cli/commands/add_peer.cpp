#include <fmt/format.h>

#include <algorithm>

#include "../open.hpp"
#include "../peers.hpp"
#include "commands.hpp"
#include "innernet/base/file.hpp"
#include "innernet/machine/network_stack.hpp"
#include "innernet/server/device_entry.hpp"
#include "innernet/values/cidr_tree.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

void define(Definition& definition, AddPeerOptions& options) {
  define_add_peer(definition, options,
                  {.name = "The peer's name",
                   .ip = "Its address",
                   .auto_ip = "Its address is the first free one of the CIDR",
                   .save_config = "Where to write its invitation; never overwrites a file"});
  definition.explain("A server that runs lets the peer in at once, as with all commands that change the database.");
}

Result<const Cidr*> cidr_for_peers(const Network& network, const std::string& name) {
  const Cidr* cidr = network.find_cidr(name);
  if (cidr == nullptr) return fail(ErrorKind::kNotFound, fmt::format("there is no CIDR named {}", quoted(name)));
  if (cidr->id == kServerCidr) return invalid_input(fmt::format("{} holds the server alone: choose another CIDR", quoted(name)));
  const CidrTree tree(network.cidrs());
  for (const Cidr* leaf : tree.eligible_for_peers())
    if (leaf->id == cidr->id) return cidr;
  return invalid_input(fmt::format("CIDR {} has CIDRs of its own, and only the innermost ones hold peers", quoted(name)));
}

Result<Cidr> given_or_chosen_cidr(Context& context, const Network& network, const AddPeerOptions& options) {
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

/// None: whichever is free when the peer is made (--auto-ip).
Result<std::optional<IpAddress>> given_or_asked_ip(Context& context, const Network& network, const Cidr& cidr,
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

Result<Ending> run(const AddPeerOptions& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(const auto config, open_config(context, interface));
  TRY(auto registry, open_registry(context, interface));
  limit_to_device(context, interface, registry);
  const Network& known = registry.network();
  TRY(const Cidr cidr, given_or_chosen_cidr(context, known, options));
  TRY(const auto wanted_ip, given_or_asked_ip(context, known, cidr, options));
  TRY(const IpAddress suggested_ip, wanted_ip ? Result<IpAddress>(*wanted_ip) : first_free(known, cidr));
  TRY(const Hostname name, options.name ? Result<Hostname>(*options.name)
                                        : wizard::ask_hostname(context.asker, "Name", "--name",
                                                               [&](const Hostname& answer) { return check_peer_name(known, answer); }));
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
  if (!go_on) return Ending::kDone;

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
    TRY(added, writer.add_peer(PeerContents{{.name = name,
                                             .ip = ip,
                                             .cidr_id = home->id,
                                             .public_key = temporary_key.public_key(),
                                             .is_admin = is_admin,
                                             .invite_expires = expires},
                                            {.persistent_keepalive_interval = kPersistentKeepalive}}));
    TRY(const auto address, IpNet::make(ip, root.prefix()));
    const InterfaceConfig invitation{.network_name = interface.str(),
                                     .address = address,
                                     .private_key = temporary_key,
                                     .listen_port = {},
                                     .server_public_key = config.private_key.public_key(),
                                     .server_external_endpoint = server_endpoint,
                                     .server_internal_endpoint = {config.address, config.listen_port},
                                     .peer_endpoint_overrides = {}};
    TRY_VOID_CONTEXT(create_file(invitation_path, invitation.to_invitation().reveal(), kPrivateFile, NewFile::kOfNobodyElse),
                     "writing the invitation");
    invitation_written = true;
    return {};
  });
  if (!written) {
    std::error_code ignored;
    if (invitation_written) std::filesystem::remove(invitation_path, ignored);
    return std::unexpected(std::move(written).error());
  }
  update_device(context, interface, {device_entry(*added)});
  context.print(fmt::format("peer {} ({}) added; its invitation is {}", name.str(), added->ip.to_string(), invitation_path.string()));
  context.print("Whoever has this file can join, so send it over a safe channel. Next, on that machine:");
  context.print("  innernet install " + invitation_path.filename().string());
  if (const auto link = system_network_stack().find_link(interface); link && !*link) {
    context.print("That needs the server, which is not up yet:");
    context.print(fmt::format("  systemctl enable --now innernet-server@{0}    (or: innernet-server serve {0})", interface.str()));
  }
  context.report(changed().value("peer", *added).text("invitation", invitation_path.string()));
  return Ending::kDone;
}

}  // namespace

Row add_peer_command() {
  return row(
      {.name = "add-peer",
       .sentence = "Add a peer and write its invitation.",
       .example =
           "add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --invite-expires 14d --save-config alice.toml --yes"},
      define, run);
}

}  // namespace innernet::server
